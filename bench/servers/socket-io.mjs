// Socket.IO 4 with its defaults, over WebSocket: each message to everybody in a room. It keeps no history unless asked to.

import { createServer } from "node:http";
import { createRequire } from "node:module";

const { Server } = createRequire(`${process.env.BENCH_MODULES}/`)("socket.io");

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });
io.on("connection", (socket) => {
  void socket.join("bench");
  socket.on("publish", (data) => io.to("bench").emit("message", data));
});
http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => process.stdout.write(`listening ${http.address().port}\n`));
process.on("SIGUSR2", () => globalThis.gc?.());
