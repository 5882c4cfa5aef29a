import type { ClientOptions } from "../../src/index.ts";
import { ended, type Scenario } from "./stage.ts";

/** Arguments that cannot be, and what can be read off a class or an instance. */
export const construct: readonly Scenario[] = [
  ...(["ws://", "not a URL", "", "/path"].map((url) => ({
    name: `new WebSocket(${JSON.stringify(url)})`,
    run: (stage) => stage.attempt("new", () => stage.client(url)),
  })) satisfies Scenario[]),
  ...(["ftp://host", "ws://host/#fragment", "ws+unix:", "wss://host#"].map((url) => ({
    name: `new WebSocket of ${url}`,
    run: async (stage) => {
      stage.attempt("new", () => {
        const client = stage.client(url);
        client.terminate();
      });
    },
  })) satisfies Scenario[]),
  ...(([[""], ["a b"], ["a", "a"], ["ü"], ["a,b"]] as const).map((protocols) => ({
    name: `subprotocols ${JSON.stringify(protocols)} cannot be`,
    run: (stage) => stage.attempt("new", () => stage.client("ws://127.0.0.1:1", [...protocols])),
  })) satisfies Scenario[]),
  {
    name: "null as the subprotocols is no subprotocol",
    run: (stage) => stage.attempt("new", () => stage.client("ws://127.0.0.1:1", null as unknown as string)),
  },
  ...([7, 12, 14].map((protocolVersion) => ({
    name: `protocolVersion ${protocolVersion} is not supported`,
    run: (stage) => stage.attempt("new", () => stage.client("ws://127.0.0.1:1", [], { protocolVersion })),
  })) satisfies Scenario[]),
  {
    name: "http: and https: addresses become ws: and wss:",
    run: async (stage) => {
      const { port } = await stage.server();
      const client = stage.client(new URL(`http://127.0.0.1:${port}/path?query`));
      stage.note(client.url);
      client.terminate();
      await ended(client);
    },
  },
  {
    name: "what a new client says of itself",
    run: async (stage) => {
      const { url } = await stage.server();
      const client = stage.client(url);
      const { readyState, bufferedAmount, extensions, protocol, binaryType, isPaused, onopen, onclose, onerror, onmessage } = client;
      stage.note(readyState, bufferedAmount, `"${extensions}"`, `"${protocol}"`, binaryType, isPaused, onopen, onclose, onerror, onmessage);
      client.terminate();
      await ended(client);
      stage.note(client.readyState, client.bufferedAmount);
    },
  },
  {
    name: "the state constants stand on the class and on each socket, and cannot be changed",
    run: (stage) => {
      for (const name of ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const) {
        for (const place of [stage.lib.WebSocket, stage.lib.WebSocket.prototype]) {
          const { value, writable, enumerable } = Object.getOwnPropertyDescriptor(place, name) ?? {};
          stage.note(name, value, writable, enumerable);
        }
      }
    },
  },
  {
    name: "attributes of the class's prototype can be listed, as in the DOM",
    run: (stage) => {
      const names: string[] = [];
      for (const name in stage.lib.WebSocket.prototype) {
        if (Object.hasOwn(stage.lib.WebSocket.prototype, name) && !name.startsWith("_")) names.push(name);
      }
      const wanted = ["binaryType", "bufferedAmount", "extensions", "isPaused", "protocol", "readyState", "url", "CLOSED"];
      stage.note(wanted.filter((name) => names.includes(name)).join(" "));
    },
  },
  {
    name: "on… attributes can be listed, as in the DOM",
    run: (stage) => {
      const names: string[] = [];
      for (const name in stage.lib.WebSocket.prototype) if (/^on(open|close|error|message)$/.test(name)) names.push(name);
      stage.note(names.sort().join(" "));
    },
  },
  {
    name: "classes cannot be called without new",
    run: (stage) => {
      stage.attempt("WebSocket()", () => Reflect.apply(stage.lib.WebSocket as unknown as () => void, undefined, []));
    },
  },
  ...((
    [
      ["nothing", undefined],
      ["no place", {}],
      ["a port and noServer", { port: 0, noServer: true }],
      ["port null", { port: null }],
      ["noServer false", { noServer: false }],
    ] as const
  ).map(([name, options]) => ({
    name: `new WebSocketServer with ${name}`,
    run: (stage) => stage.attempt("new", () => new stage.lib.WebSocketServer(options as unknown as { port: number })),
  })) satisfies Scenario[]),
  {
    name: "what a server says of its options",
    run: async (stage) => {
      const given = { noServer: true, path: "/given" } as const;
      const { options } = new stage.lib.WebSocketServer(given);
      stage.note(options.path, options.noServer, options.maxPayload, options.clientTracking, options.perMessageDeflate);
      stage.note(options.WebSocket === stage.lib.WebSocket, (options as object) === given);
    },
  },
  {
    name: "headers of the user's keep their case on the wire",
    run: async (stage) => {
      const { server, url } = await stage.server();
      server.on("headers", (_lines, request) => {
        stage.note(request.rawHeaders.filter((name) => /^x-/i.test(name)).join(" "));
      });
      const options: ClientOptions = { headers: { "X-MiXed": "1", "x-lower": "2" } };
      const client = stage.client(url, [], options);
      await new Promise<void>((resolve) => client.once("open", resolve));
    },
  },
];
