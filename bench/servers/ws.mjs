// The npm package `ws` from the cache of the benchmarks. Broadcast and heartbeat are those of its README.
import { createRequire } from "node:module";
import { serve } from "./node-server.mjs";

const { WebSocket, WebSocketServer } = createRequire(`${process.env.BENCH_MODULES}/`)("ws");

function broadcast(server, data, isBinary) {
  for (const client of server.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary });
  }
}

function heartbeat(server, intervalMs) {
  server.on("connection", (socket) => {
    socket.isAlive = true;
    socket.on("pong", answered);
  });
  setInterval(() => {
    for (const socket of server.clients) {
      if (!socket.isAlive) socket.terminate();
      socket.isAlive = false;
      socket.ping();
    }
  }, intervalMs);
}

function answered() {
  this.isAlive = true;
}

serve(WebSocketServer, { broadcast, heartbeat });
