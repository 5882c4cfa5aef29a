// One application for every WebSocket server that runs on Node and has the names of `ws`: an echo, or with BENCH_WORK=broadcast a
// server that sends each message to everybody. Prints `listening PORT`. SIGUSR2 collects garbage (Node runs with --expose-gc).
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";

const { BENCH_WORK: work = "echo", BENCH_TLS: tls, BENCH_HEARTBEAT_MS: heartbeat, BENCH_ATTACHED: attached } = process.env;

/**
 * @param {typeof import("ws").WebSocketServer} WebSocketServer
 * @param {object} adapt what differs from `ws`
 * @param {(server: any, data: any, isBinary: boolean) => void} adapt.broadcast
 * @param {(server: any, intervalMs: number) => void} [adapt.heartbeat] starts one, where it is no option
 * @param {object} [adapt.options] further options of the server
 */
export function serve(WebSocketServer, { broadcast, heartbeat: startHeartbeat, options = {} }) {
  const settings = { perMessageDeflate: work === "deflate", ...options };
  const http = tls ? createSecureServer(certificate()) : attached ? createServer() : undefined;
  const server = new WebSocketServer(http ? { server: http, ...settings } : { port: 0, host: "127.0.0.1", backlog: 4096, ...settings });
  server.on("connection", work === "broadcast" || work === "hub" ? broadcasting : echoing);
  http?.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
  if (heartbeat) startHeartbeat?.(server, Number(heartbeat));
  server.on("listening", () => process.stdout.write(`listening ${(http ?? server).address().port}\n`));

  function echoing(socket) {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on("error", report);
  }
  function broadcasting(socket) {
    socket.on("message", (data, isBinary) => broadcast(server, data, isBinary));
    socket.on("error", report);
  }
}

export const heartbeatMs = heartbeat ? Number(heartbeat) : undefined;

const certificate = () => ({ key: readFileSync(`${tls}/key.pem`), cert: readFileSync(`${tls}/cert.pem`) });
const report = (error) => process.stderr.write(`${error.stack}\n`);
process.on("SIGUSR2", () => globalThis.gc?.());
// Not the default of a signal: a CPU profile is written on a regular exit only.
process.on("SIGTERM", () => process.exit());
