import { createServer } from "node:http";
import { PassThrough } from "node:stream";
import type { ServerOptions, WebSocket } from "../../src/index.ts";
import { upgradeRequest } from "../fixtures/raw-client.ts";
import { next, type Scenario } from "./stage.ts";

const refused: readonly (readonly [name: string, request: string, options?: ServerOptions])[] = [
  ["no key", upgradeRequest({ "Sec-WebSocket-Key": undefined })],
  ["a key that is too short", upgradeRequest({ "Sec-WebSocket-Key": "P5l8BJcZwRc=" })],
  ["no version", upgradeRequest({ "Sec-WebSocket-Version": undefined })],
  ["version 12", upgradeRequest({ "Sec-WebSocket-Version": "12" })],
  ["another upgrade", upgradeRequest({ Upgrade: "h2c" })],
  ["a wrong subprotocol field", upgradeRequest({ "Sec-WebSocket-Protocol": "foo;bar" })],
  ["a subprotocol named twice", upgradeRequest({ "Sec-WebSocket-Protocol": "foo, foo" })],
  ["another path", upgradeRequest({}, "GET /bar HTTP/1.1"), { path: "/foo" }],
  ["a wrong extension field", upgradeRequest({ "Sec-WebSocket-Extensions": "permessage-deflate; =" }), { perMessageDeflate: true }],
  [
    "extension parameters that cannot be",
    upgradeRequest({ "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=5" }),
    { perMessageDeflate: true },
  ],
  ["verifyClient that says no", upgradeRequest(), { verifyClient: () => false }],
  ["verifyClient that answers no", upgradeRequest(), { verifyClient: (_info, answer) => answer(false) }],
  ["verifyClient that answers a status", upgradeRequest(), { verifyClient: (_info, answer) => process.nextTick(answer, false, 404) }],
  [
    "verifyClient that answers status, message and fields",
    upgradeRequest(),
    { verifyClient: (_info, answer) => answer(false, 429, "slow down", { "Retry-After": 120 }) },
  ],
  ["verifyClient that answers an empty message", upgradeRequest(), { verifyClient: (_info, answer) => answer(false, 0, "") }],
];

const accepted: readonly (readonly [name: string, request: string, options?: ServerOptions])[] = [
  ["the least there is", upgradeRequest()],
  ["version 8", upgradeRequest({ "Sec-WebSocket-Version": "8" })],
  ["two subprotocols", upgradeRequest({ "Sec-WebSocket-Protocol": "chat, superchat" })],
  [
    "handleProtocols that chooses",
    upgradeRequest({ "Sec-WebSocket-Protocol": "a, b" }),
    { handleProtocols: (all) => [...all].at(-1) ?? false },
  ],
  ["handleProtocols that chooses none", upgradeRequest({ "Sec-WebSocket-Protocol": "a, b" }), { handleProtocols: () => false }],
  ["the path and a query", upgradeRequest({}, "GET /foo?bar HTTP/1.1"), { path: "/foo" }],
  ["an offer of compression", upgradeRequest({ "Sec-WebSocket-Extensions": "permessage-deflate" }), { perMessageDeflate: true }],
  [
    "an offer with a window",
    upgradeRequest({ "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=10; client_max_window_bits" }),
    { perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true } },
  ],
  ["an offer of an unknown extension", upgradeRequest({ "Sec-WebSocket-Extensions": "foo; bar" }), { perMessageDeflate: true }],
];

/** Opening handshakes as a server sees them, and its life. */
export const openingServer: readonly Scenario[] = [
  ...refused.map(
    ([name, request, options]): Scenario => ({
      name: `a request with ${name} is refused`,
      run: async (stage) => {
        const { port } = await stage.server(options);
        await stage.answer(port, request);
      },
    }),
  ),
  {
    name: "a request with another method is refused",
    run: async (stage) => {
      const { port } = await stage.server();
      await stage.answer(port, upgradeRequest({}, "POST / HTTP/1.1"));
    },
    differs: {
      why: "Refusals say more",
      ours: [
        "HTTP/1.1 405 Method Not Allowed Allow: GET; Connection: close; Content-Length: 19; Content-Type: text/html Invalid HTTP method",
      ],
    },
  },
  {
    name: "a request that asks for no upgrade is answered 426",
    run: async (stage) => {
      const { port } = await stage.server();
      const response = await fetch(`http://127.0.0.1:${port}`);
      stage.note(response.status, response.headers.get("upgrade"), await response.text());
    },
    differs: { why: "Refusals say more", ours: ["426 websocket Upgrade Required"] },
  },
  {
    name: "a request without Host is refused (RFC 6455 §4.2.1)",
    run: async (stage) => {
      const { port, server } = await stage.server();
      server.on("connection", (socket) => socket.terminate());
      const raw = await stage.raw(port);
      raw.write(upgradeRequest({ Host: undefined }));
      stage.note(String((await next(raw, "data"))[0]).split("\r\n", 1)[0]);
    },
    differs: { why: "The request's Upgrade, Connection and Host fields", ours: ["HTTP/1.1 400 Bad Request"] },
  },
  ...accepted.map(
    ([name, request, options]): Scenario => ({
      name: `a request with ${name} is answered 101`,
      run: async (stage) => {
        const { server, port } = await stage.server(options);
        server.on("connection", (socket) => stage.note(`"${socket.protocol}"`, `"${socket.extensions}"`));
        const raw = await stage.raw(port);
        raw.write(request);
        stage.note(
          String((await next(raw, "data"))[0])
            .split(/\r\n|; /)
            .sort()
            .join("; "),
        );
      },
    }),
  ),
  {
    name: "verifyClient gets origin, secure and the request; of version 8 the other origin field",
    run: async (stage) => {
      const { port } = await stage.server({
        verifyClient: ({ origin, secure, req }) => {
          stage.note(origin, secure, req.url);
          return false;
        },
      });
      const fields = { Origin: "https://new", "Sec-WebSocket-Origin": "https://old" };
      await stage.answer(port, upgradeRequest(fields));
      await stage.answer(port, upgradeRequest({ ...fields, "Sec-WebSocket-Version": "8" }));
      await stage.answer(port, upgradeRequest());
    },
  },
  {
    name: "wsClientError: the listener answers in place of the server",
    run: async (stage) => {
      const { server, port } = await stage.server();
      server.on("wsClientError", (error, socket, request) => {
        stage.note(error, socket.constructor.name, request.url);
        socket.end("HTTP/1.1 418 I'm a Teapot\r\n\r\nmine");
      });
      await stage.answer(port, upgradeRequest({ "Sec-WebSocket-Key": undefined }));
    },
  },
  {
    name: "wsClientError is not emitted for a path, shouldHandle or verifyClient",
    run: async (stage) => {
      const { server, port } = await stage.server({ verifyClient: () => false });
      server.on("wsClientError", () => stage.note("wsClientError"));
      await stage.answer(port, upgradeRequest());
      server.shouldHandle = () => false;
      await stage.answer(port, upgradeRequest());
    },
  },
  {
    name: "headers: lines can be added and changed",
    run: async (stage) => {
      const { server, port } = await stage.server();
      server.on("headers", (lines, request) => {
        stage.note(lines, request.url);
        lines.push("Set-Cookie: a=b");
      });
      const raw = await stage.raw(port);
      raw.write(upgradeRequest());
      stage.note(String((await next(raw, "data"))[0]).includes("\r\nSet-Cookie: a=b\r\n\r\n"));
    },
  },
  {
    name: "noServer: handleUpgrade by hand, address() throws",
    run: async (stage) => {
      const server = new stage.lib.WebSocketServer({ noServer: true });
      stage.attempt("address", () => server.address());
      const { http, url } = await stage.http();
      http.on("upgrade", (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (websocket, again) => {
          stage.note("callback", websocket.readyState, again === request);
          server.emit("connection", websocket, request);
        });
      });
      server.on("connection", (websocket) => websocket.close(1001));
      const client = stage.client(url);
      stage.note(...(await next(client, "close")));
    },
  },
  {
    name: "handleUpgrade twice with one socket",
    run: async (stage) => {
      const server = new stage.lib.WebSocketServer({ noServer: true });
      const { http, url } = await stage.http();
      const done = new Promise<void>((resolve) => {
        http.on("upgrade", (request, socket, head) => {
          server.handleUpgrade(request, socket, head, (websocket) => websocket.terminate());
          stage.attempt("again", () => server.handleUpgrade(request, socket, head, () => undefined));
          resolve();
        });
      });
      stage.client(url);
      await done;
    },
  },
  {
    name: "handleUpgrade over any Duplex, with a request made by hand",
    run: async (stage) => {
      const server = new stage.lib.WebSocketServer({ noServer: true });
      const duplex = new PassThrough();
      const headers = {
        host: "localhost",
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
      };
      const request = { method: "GET", headers, socket: duplex };
      const opened = new Promise<WebSocket>((resolve) => {
        server.handleUpgrade(request as never, duplex, Buffer.alloc(0), resolve);
      });
      const socket = await opened;
      stage.note(socket.readyState);
      socket.on("error", () => undefined);
      socket.terminate();
    },
  },
  {
    name: "close(): no more connections, event when the last one has gone, error the second time",
    run: async (stage) => {
      const { server, client } = await stage.pair();
      server.on("close", () => stage.note("close event"));
      const end = new Promise<void>((resolve) => {
        server.close((error) => {
          stage.note("first callback", error ?? "no error");
          resolve();
        });
      });
      server.close((error) => stage.note("second callback", error ?? "no error"));
      stage.note(server.address(), client.readyState);
      client.close();
      await end;
      await new Promise<void>((resolve) => {
        server.close((error) => {
          stage.note("third callback", error ?? "no error");
          resolve();
        });
      });
    },
  },
  ...([true, false] as const).map(
    (clientTracking): Scenario => ({
      name: `close() over a server that was given, clientTracking ${clientTracking}`,
      run: async (stage) => {
        const { http, url } = await stage.http();
        const server = new stage.lib.WebSocketServer({ server: http, clientTracking });
        stage.note(server.clients?.size);
        const client = stage.client(url);
        await next(client, "open");
        stage.note(server.clients?.size);
        const end = next(server, "close");
        server.close();
        if (clientTracking) client.terminate();
        await end;
        stage.note(http.listening, http.listenerCount("upgrade"), http.listenerCount("listening"), http.listenerCount("error"));
      },
    }),
  ),
  {
    name: "a handshake that completes after close() is answered 503",
    run: async (stage) => {
      const { http, port } = await stage.http();
      const server = new stage.lib.WebSocketServer({
        server: http,
        verifyClient: (_info, answer) => {
          server.close();
          setImmediate(answer, true);
        },
      });
      await stage.answer(port, upgradeRequest());
    },
  },
  {
    name: "listening and error of a server that was given come from the WebSocketServer too",
    run: async (stage) => {
      const http = createServer();
      stage.end(() => http.close());
      const server = new stage.lib.WebSocketServer({ server: http });
      const listening = next(server, "listening");
      http.listen(0, "127.0.0.1");
      await listening;
      server.on("error", (error) => stage.note(error));
      http.emit("error", new Error("made up"));
    },
  },
  {
    name: "a port that is taken is an error event",
    run: async (stage) => {
      const { port } = await stage.server();
      const second = new stage.lib.WebSocketServer({ port, host: "127.0.0.1" });
      const [error] = (await next(second, "error")) as [NodeJS.ErrnoException];
      stage.note(error.code);
    },
  },
  {
    name: "the callback of the constructor is a listener for listening",
    run: async (stage) => {
      await new Promise<void>((resolve) => {
        const server = new stage.lib.WebSocketServer({ port: 0, host: "127.0.0.1" }, () => {
          stage.note(typeof server.address());
          server.close(() => resolve());
        });
      });
    },
  },
  {
    name: "options.WebSocket: a class of the user's own, also in connection and clients",
    run: async (stage) => {
      class Mine extends stage.lib.WebSocket {
        readonly mine = "mine";
      }
      const { server, socket } = await stage.pair({ WebSocket: Mine });
      stage.note(
        socket instanceof Mine,
        socket instanceof stage.lib.WebSocket,
        [...server.clients].every((each) => each instanceof Mine),
      );
    },
  },
  {
    name: "what the server's socket says of itself",
    run: async (stage) => {
      const { socket } = await stage.pair();
      const { readyState, protocol, extensions, binaryType, isPaused, bufferedAmount } = socket;
      stage.note(readyState, `"${protocol}"`, `"${extensions}"`, binaryType, isPaused, bufferedAmount);
    },
  },
  {
    name: "url of the server's socket",
    run: async (stage) => {
      const { socket } = await stage.pair();
      stage.note(typeof socket.url);
    },
    differs: { why: "url of a server's socket", ours: ["string"] },
  },
  {
    name: "a client that has gone before the handshake is complete gets nothing",
    run: async (stage) => {
      const server = new stage.lib.WebSocketServer({ noServer: true });
      const { http, port } = await stage.http();
      const done = new Promise<void>((resolve) => {
        http.on("upgrade", (request, socket, head) => {
          socket.on("close", () => {
            stage.attempt("handleUpgrade", () => server.handleUpgrade(request, socket, head, () => stage.note("callback")));
            resolve();
          });
          socket.destroy();
        });
      });
      const raw = await stage.raw(port);
      raw.write(upgradeRequest());
      await done;
    },
  },
];
