import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientOptions } from "../../src/index.ts";
import { ended, next, type Scenario, switching } from "./stage.ts";

const answers: readonly (readonly [
  name: string,
  lines: (accept: string) => readonly string[],
  protocols?: string[] | undefined,
  options?: ClientOptions,
])[] = [
  ["a wrong accept value", () => switching("CxYS6+NgJSBG74mdgLvGscRvpns=")],
  ["no accept value", (accept) => switching(accept).slice(0, 3)],
  ["no Upgrade field", (accept) => switching(accept).filter((line) => !line.startsWith("Upgrade"))],
  ["another upgrade", (accept) => switching(accept).map((line) => line.replace("websocket", "foo"))],
  ["a subprotocol that was not asked for", (accept) => switching(accept, "Sec-WebSocket-Protocol: foo")],
  ["another subprotocol than those asked for", (accept) => switching(accept, "Sec-WebSocket-Protocol: baz"), ["foo", "bar"]],
  ["no subprotocol though some were asked for", (accept) => switching(accept), ["foo", "bar"]],
  [
    "an extension that was not asked for",
    (accept) => switching(accept, "Sec-WebSocket-Extensions: foo"),
    undefined,
    { perMessageDeflate: false },
  ],
  ["extension parameters that cannot be", (accept) => switching(accept, "Sec-WebSocket-Extensions: permessage-deflate; foo")],
  ["an extension field that breaks the grammar", (accept) => switching(accept, "Sec-WebSocket-Extensions: foo;=bar")],
];

function redirectTo(location: string, status = 302): (request: IncomingMessage, response: ServerResponse) => void {
  return (_request, response) => response.writeHead(status, { Location: location }).end();
}

const credentials: ClientOptions = {
  followRedirects: true,
  headers: { Authorization: "Basic Zm9vOmJhcg==", Cookie: "a=b", Host: "mine.example", "X-Other": "c" },
};

/** Opening handshakes as a client sees them: wrong answers, redirects, options of the request. */
export const openingClient: readonly Scenario[] = [
  ...answers.map(
    ([name, lines, protocols, options]): Scenario => ({
      name: `an answer with ${name}`,
      run: async (stage) => {
        const { url } = await stage.rawServer(lines);
        const client = stage.watch("client", stage.client(url, protocols, options));
        await ended(client);
      },
    }),
  ),
  {
    name: "an answer with an extension that was not among those asked for",
    run: async (stage) => {
      const { url } = await stage.rawServer((accept) => switching(accept, "Sec-WebSocket-Extensions: foo"));
      const client = stage.watch("client", stage.client(url));
      await ended(client);
    },
    differs: {
      why: "Texts of errors",
      ours: ["client error Error: Invalid Sec-WebSocket-Extensions header", "client close 1006 Buffer()"],
    },
  },
  {
    name: "a connection that is refused",
    run: async (stage) => {
      const client = stage.watch("client", stage.client("ws://127.0.0.1:1"));
      client.on("error", (error) => stage.note(Reflect.get(error, "code"), client.readyState));
      await ended(client);
    },
  },
  {
    name: "an unexpected response is an error",
    run: async (stage) => {
      const { url } = await stage.http((_request, response) => response.writeHead(401).end("who are you"));
      const client = stage.watch("client", stage.client(url));
      await ended(client);
    },
  },
  {
    name: "an unexpected response that somebody listens for",
    run: async (stage) => {
      const { url } = await stage.http((_request, response) => response.writeHead(401, { "X-Why": "because" }).end("body"));
      const client = stage.watch("client", stage.client(url));
      const body = new Promise<void>((resolve) => {
        client.on("unexpected-response", (request, response) => {
          stage.note(request.constructor.name, response.statusCode, response.headers["x-why"], client.readyState);
          response.on("data", (chunk) => stage.note(chunk));
          response.on("end", resolve);
        });
      });
      await body;
      client.terminate();
      await ended(client);
    },
  },
  {
    name: "abortHandshake in unexpected-response by request.destroy()",
    run: async (stage) => {
      const { url } = await stage.http((_request, response) => response.writeHead(401).end());
      const client = stage.watch("client", stage.client(url));
      client.on("unexpected-response", (request) => request.destroy(new Error("mine")));
      await ended(client);
    },
  },
  {
    name: "an answer without a body that ends early",
    run: async (stage) => {
      const { http, url } = await stage.http();
      http.on("upgrade", (_request, socket) => socket.end());
      const client = stage.watch("client", stage.client(url));
      await ended(client);
    },
  },
  {
    name: "handshakeTimeout",
    run: async (stage) => {
      const { http, url } = await stage.http();
      http.on("upgrade", (_request, socket) => stage.end(() => void socket.destroy()));
      const client = stage.watch("client", stage.client(url, [], { handshakeTimeout: 50 }));
      await ended(client);
    },
  },
  {
    name: "fields of the request: what the user gives, and what he cannot change",
    run: async (stage) => {
      const { http, url } = await stage.http();
      http.on("upgrade", ({ headers, url: target }, socket) => {
        stage.note(target, headers["user-agent"], headers["x-array"], headers.cookie, headers.origin, headers.upgrade, headers.connection);
        stage.note(headers["sec-websocket-version"], headers["sec-websocket-key"]?.length, headers["sec-websocket-extensions"]);
        socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      });
      const headers = {
        "User-Agent": "me",
        "X-Array": ["1", "2"],
        Cookie: "a=b; c=d",
        Upgrade: "no",
        Connection: "close",
        "Sec-WebSocket-Key": "short",
      };
      const client = stage.client(`${url}/a/path?with=query`, [], { headers, origin: "https://example.org" });
      await ended(client);
    },
  },
  {
    name: "protocolVersion 8: its version and its origin field",
    run: async (stage) => {
      const { http, url } = await stage.http();
      http.on("upgrade", ({ headers }, socket) => {
        stage.note(headers["sec-websocket-version"], headers["sec-websocket-origin"], headers.origin);
        socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      });
      await ended(stage.client(url, [], { protocolVersion: 8, origin: "https://example.org", perMessageDeflate: false }));
    },
  },
  ...(
    [
      ["in the URL", "user:p%40ss@", {}],
      ["as an option", "", { auth: "user:pass" }],
      ["in both: the URL's win", "url:pass@", { auth: "option:pass" }],
      ["in the URL and a header: the header wins", "url:pass@", { headers: { Authorization: "Mine" } }],
    ] as const
  ).map(
    ([name, user, options]): Scenario => ({
      name: `user and password ${name}`,
      run: async (stage) => {
        const { http, port } = await stage.http();
        http.on("upgrade", ({ headers }, socket) => {
          const [scheme, value = ""] = (headers.authorization ?? "").split(" ");
          stage.note(scheme, Buffer.from(value, "base64"));
          socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
        });
        await ended(stage.client(`ws://${user}127.0.0.1:${port}`, [], options));
      },
    }),
  ),
  {
    name: "createConnection and finishRequest",
    run: async (stage) => {
      const { server, port } = await stage.server();
      server.on("connection", (_socket, request) => stage.note("server", request.headers["x-late"]));
      const client = stage.client("ws://nowhere.invalid", [], {
        createConnection: (options) => {
          stage.note("createConnection", options.host);
          return connect(port, "127.0.0.1");
        },
        finishRequest: (request, websocket) => {
          stage.note("finishRequest", request.constructor.name, websocket instanceof stage.lib.WebSocket, websocket.readyState);
          request.setHeader("X-Late", "1");
          setImmediate(() => request.end());
        },
      });
      await next(client, "open");
    },
  },
  {
    name: "an agent supplies the connection, and is told what to",
    run: async (stage) => {
      const { port, url } = await stage.server();
      const agent = new Agent();
      Object.assign(agent, {
        createConnection: (options: { host?: string; path?: string | null }) => {
          stage.note("agent", options.host, options.path);
          return connect(port, "127.0.0.1");
        },
      });
      const client = stage.client(url.replace(/:\d+$/, ":80/target"), [], { agent });
      await next(client, "open");
    },
  },
  {
    name: "ws+unix: addresses",
    run: async (stage) => {
      const path = join(tmpdir(), `openline-${process.pid}-${Math.random().toString(36).slice(2)}.sock`);
      const unix = createServer();
      stage.end(() => unix.close());
      await new Promise<void>((resolve) => unix.listen(path, resolve));
      const server = new stage.lib.WebSocketServer({ server: unix });
      server.on("connection", (socket, request) => {
        stage.note(request.url, request.headers.host);
        socket.close();
      });
      const client = stage.client(`ws+unix:${path}:/foo?bar=bar`);
      stage.note(client.url.replace(path, "PATH"));
      await ended(client);
      const short = stage.client(`ws+unix://${path}`);
      await ended(short);
    },
  },
  {
    name: "redirects are not followed unless asked for",
    run: async (stage) => {
      const { url } = await stage.http(redirectTo("ws://127.0.0.1:1"));
      await ended(stage.watch("client", stage.client(url), "redirect"));
    },
  },
  {
    name: "a redirect is followed, to an absolute or a relative address",
    run: async (stage) => {
      const { port } = await stage.server({ path: "/there" });
      const first = await stage.http((request, response) => {
        if (request.url === "/") redirectTo("/relative", 301)(request, response);
        else redirectTo(`http://127.0.0.1:${port}/there`, 307)(request, response);
      });
      const client = stage.watch("client", stage.client(first.url, [], { followRedirects: true }), "redirect");
      await next(client, "open");
      stage.note(client.url);
    },
  },
  {
    name: "maxRedirects",
    run: async (stage) => {
      let count = 0;
      const { url } = await stage.http((request, response) => redirectTo(`/${++count}`)(request, response));
      await ended(stage.watch("client", stage.client(url, [], { followRedirects: true, maxRedirects: 1 })));
      stage.note(count);
    },
  },
  ...(["http://", "ftp://host", "ws://host/#fragment"] as const).map(
    (location): Scenario => ({
      name: `a redirect to ${location}`,
      run: async (stage) => {
        const { url } = await stage.http(redirectTo(location));
        await ended(stage.watch("client", stage.client(url, [], { followRedirects: true })));
      },
    }),
  ),
  ...(["same", "other"] as const).flatMap((host) =>
    ([false, true] as const).map(
      (isListening): Scenario => ({
        name: `credentials in a redirect to the ${host} host${isListening ? ", when somebody listens for redirect" : ""}`,
        run: async (stage) => {
          const other = await stage.http();
          const first = await stage.http();
          for (const { http } of [first, other]) {
            http.on("upgrade", ({ headers, url }, socket) => {
              const isFirst = http === first.http && url === "/";
              stage.note(isFirst ? "first" : "last", headers.authorization, headers.cookie, headers.host, headers["x-other"]);
              const target = host === "same" ? "/again" : `ws://127.0.0.1:${other.port}`;
              socket.end(isFirst ? found(target) : "HTTP/1.1 400 Bad Request\r\n\r\n");
            });
          }
          const client = stage.client(first.url, [], credentials);
          if (isListening) client.on("redirect", (url, request) => stage.note("redirect", url, request.getHeader("authorization")));
          await ended(client);
        },
      }),
    ),
  ),
  {
    name: "user and password of the URL in a redirect to the same host",
    run: async (stage) => {
      const { http, port } = await stage.http();
      http.on("upgrade", ({ headers, url }, socket) => {
        stage.note(url, headers.authorization);
        const isFirst = url === "/";
        socket.end(isFirst ? found("/again") : "HTTP/1.1 400 Bad Request\r\n\r\n");
      });
      await ended(stage.client(`ws://user:pass@127.0.0.1:${port}`, [], { followRedirects: true }));
    },
  },
  {
    name: "close() in the redirect event",
    run: async (stage) => {
      const first = await stage.http();
      first.http.on("upgrade", (_request, socket) => socket.end(found("/again")));
      const client = stage.watch("client", stage.client(first.url, [], { followRedirects: true }));
      client.on("redirect", () => client.close());
      await ended(client);
    },
  },
];

// An http server with listeners for both gives upgrade requests to `upgrade` alone.
function found(location: string): string {
  return `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
}
