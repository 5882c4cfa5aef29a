// A floor: returns every byte, with Node's public sockets. What is above it is the WebSocket protocol's share.
import { createServer } from "node:net";

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (chunk) => {
    if (!socket.write(chunk)) {
      socket.pause();
      socket.once("drain", () => socket.resume());
    }
  });
  socket.on("error", () => socket.destroy());
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => process.stdout.write(`listening ${server.address().port}\n`));
process.on("SIGUSR2", () => globalThis.gc?.());
