// Poisons a naive cache with unmasked frames, fails to do so with masked ones, and shows what our server says to the first. `node examples/caching-proxy/demo.js`
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { WebSocket, WebSocketServer } from "@openline/ws";
import { startCache } from "./cache.js";

const request = "GET /app.js HTTP/1.1\r\nHost: bank.example\r\n\r\n";
const body = "steal()";
const response = `HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const upgrade = `GET / HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;

/** The attacker's own server: it agrees to any upgrade, and answers any bytes with what it wants to be kept. */
async function startAccomplice() {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (head) => {
      const key = /Sec-WebSocket-Key: *(\S+)/i.exec(head.toString("latin1"))[1];
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.on("data", () => socket.write(Buffer.concat([Buffer.from([0x81, response.length]), Buffer.from(response)])));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, stop: () => server.close() };
}

/** A client of the days before masking: the frame's bytes stand on the line as the script wrote them. Answers the server's first bytes. */
async function sendUnmasked(port) {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  socket.write(upgrade);
  await once(socket, "data");
  socket.write(Buffer.concat([Buffer.from([0x81, request.length]), Buffer.from(request)]));
  const [answer] = await once(socket, "data");
  socket.destroy();
  return answer;
}

/** What a user behind the proxy gets for the bank's script. */
async function fetchScript(port) {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  socket.write(request);
  const [answer] = await once(socket, "data");
  socket.destroy();
  return answer.toString("latin1").split("\r\n\r\n")[1];
}

const accomplice = await startAccomplice();

const poisoned = await startCache(accomplice.port);
await sendUnmasked(poisoned.port);
console.log(`unmasked: everybody behind the proxy now gets ${await fetchScript(poisoned.port)} for bank.example/app.js`);
poisoned.stop();

const clean = await startCache(accomplice.port);
const client = new WebSocket(`ws://127.0.0.1:${clean.port}`, { perMessageDeflate: false });
await once(client, "open");
client.send(request);
await once(client, "message");
client.terminate();
console.log(`masked: the proxy has seen no request in it, and keeps ${clean.kept.size} answers`);
clean.stop();
accomplice.stop();

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("connection", (socket) => socket.on("error", () => {}).on("message", () => socket.send(response)));
await once(server, "listening");
const before = await startCache(server.address().port);
const answer = await sendUnmasked(before.port);
console.log(`our server: closes the unmasked sender with ${answer.readUInt16BE(2)}, the proxy keeps ${before.kept.size} answers`);
before.stop();
server.close();
