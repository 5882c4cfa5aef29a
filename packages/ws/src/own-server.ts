import { createServer, type Server, STATUS_CODES } from "node:http";
import type { ServerOptions } from "./server-options.ts";

/** An http server that knows WebSocket only: ordinary requests are answered 426. It listens already. */
export function listenOn(port: number, options: ServerOptions, handshakeTimeoutMs: number | undefined, onListening?: () => void): Server {
  const { maxHeaderBytes = 0 } = options;
  const limits = {
    ...(handshakeTimeoutMs === undefined ? {} : deadlines(handshakeTimeoutMs)),
    // Node's own limit, 16 KiB in all, stands before ours: it makes room for the request line.
    ...(maxHeaderBytes > 8192 && maxHeaderBytes < Number.POSITIVE_INFINITY ? { maxHeaderSize: maxHeaderBytes + 8192 } : {}),
  };
  const server = createServer(limits, (_request, response) => {
    const body = STATUS_CODES[426] ?? "";
    response.writeHead(426, { "Content-Length": body.length, "Content-Type": "text/plain", Upgrade: "websocket" });
    response.end(body);
  });
  server.listen(port, options.host, options.backlog, onListening);
  return server;
}

// Node looks for late requests every 30 seconds unless told otherwise.
function deadlines(timeoutMs: number): { headersTimeout: number; requestTimeout: number; connectionsCheckingInterval: number } {
  return {
    headersTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    connectionsCheckingInterval: Math.max(100, Math.min(timeoutMs / 4, 1000)),
  };
}
