import { createServer, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { ServerOptions } from "./server-options.ts";

type Limits = Pick<Server, "headersTimeout" | "requestTimeout"> & {
  readonly connectionsCheckingInterval: number;
  readonly maxHeaderSize: number;
};

/** An http server that knows WebSocket only: ordinary requests are answered 426. It listens already. */
export function listenOn(port: number, options: ServerOptions, handshakeTimeoutMs: number | undefined, onListening?: () => void): Server {
  const server = createServer(requestLimits(options, handshakeTimeoutMs), answerPlainly);
  server.listen(port, options.host, options.backlog, onListening);
  return server;
}

/** An ordinary request, where there are only WebSockets. */
export function answerPlainly(_request: unknown, response: ServerResponse): void {
  const body = STATUS_CODES[426] ?? "";
  response.writeHead(426, { "Content-Length": body.length, "Content-Type": "text/plain", Upgrade: "websocket" });
  response.end(body);
}

/** How long requests of HTTP/1.1 may take, and how large their heads may be, as options of `node:http`. */
export function requestLimits({ maxHeaderBytes = 0 }: ServerOptions, handshakeTimeoutMs: number | undefined): Partial<Limits> {
  return {
    ...(handshakeTimeoutMs === undefined ? {} : deadlines(handshakeTimeoutMs)),
    // Node's own limit, 16 KiB in all, stands before ours: it makes room for the request line.
    ...(maxHeaderBytes > 8192 && maxHeaderBytes < Number.POSITIVE_INFINITY ? { maxHeaderSize: maxHeaderBytes + 8192 } : {}),
  };
}

// Node looks for late requests every 30 seconds unless told otherwise.
function deadlines(timeoutMs: number): { headersTimeout: number; requestTimeout: number; connectionsCheckingInterval: number } {
  return {
    headersTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    connectionsCheckingInterval: Math.max(100, Math.min(timeoutMs / 4, 1000)),
  };
}
