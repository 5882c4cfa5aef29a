import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createRequire } from "node:module";
import { createServer, type SockjsConnection, type SockjsOptions } from "@openline/sockjs";

/** Endpoints of the kind that sockjs-client's own tests use, and the client's script at `/sockjs.js`. */
export interface SockjsService {
  readonly port: number;
  readonly url: string;
  /** The transports of the connections that came, in order. */
  readonly protocols: readonly string[];
  readonly stop: () => Promise<void>;
}

const script = readFileSync(createRequire(import.meta.url).resolve("sockjs-client/dist/sockjs.js"));

const handlers: Readonly<Record<string, readonly [SockjsOptions, (connection: SockjsConnection) => void]>> = {
  "/echo": [{ response_limit: 4096 }, (connection) => connection.on("data", (message) => connection.write(message))],
  "/close": [{}, (connection) => connection.close(3000, "Go away!")],
  // S: the profile's 20 s and 10 s in shorter times; the answer has time enough on a busy machine.
  "/acknowledged": [
    { heartbeat_delay: 200, heartbeat_reply_timeout: 2_000 },
    (connection) => connection.on("data", (message) => connection.write(`got ${message}`)),
  ],
};

/** Serves them on a free loopback port. Each keeps its own prefix below `base`. */
export async function startSockjs({ base = "", ...options }: SockjsOptions & { base?: string } = {}): Promise<SockjsService> {
  const protocols: string[] = [];
  const http = createHttpServer((request, response) => {
    const isScript = request.url?.startsWith(`${base}/sockjs.js`) === true;
    response
      .writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" })
      .end(isScript ? script : "<!doctype html><p>page");
  });
  const endpoints = Object.entries(handlers).map(([path, [own, onConnection]]) =>
    createServer({ sockjs_url: `${base}/sockjs.js`, ...own, ...options })
      .on("connection", (connection) => {
        protocols.push(connection.protocol);
        onConnection(connection);
      })
      .installHandlers(http, { prefix: base + path }),
  );
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    url: `http://127.0.0.1:${port}${base}`,
    protocols,
    stop: async () => {
      for (const endpoint of endpoints.toReversed()) await endpoint.close({ graceMs: 0 });
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** U: what has to come through every transport, the per cent sign that eventsource's client decodes included. */
export const samples: readonly string[] = [
  "hello",
  "100% %25 %E9 %",
  "通知",
  "👩‍👩‍👧 🎉",
  "e\u0301\u0300 \u200d\u2028\u2029\ufeff\uffff",
  '</script><script>alert("x")</script>',
  "\0\b\n\r\t\u001f\u007f\\\"'",
  "",
  "x".repeat(10_000),
];
