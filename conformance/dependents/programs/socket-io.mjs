// Socket.IO 4, server and client: polling and then the upgrade, binary events, a broadcast to many.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { listen, tell } from "./facts.mjs";

const compress = process.argv.includes("--compress");
const clients = 20;
const http = createServer();
const io = new Server(http, compress ? { perMessageDeflate: { threshold: 100 } } : {});

// Engine.IO sends a broadcast as frames made by `Sender.frame` when the socket has a `_sender` with `sendFrame`: here we look on.
const sent = [];
const extensions = new Set();
const transports = new Set();
io.engine.on("connection", (raw) => {
  const { name } = raw.transport;
  raw.on("upgrade", ({ name: next, socket }) => {
    transports.add(`${name}, ${next}`);
    extensions.add(socket.extensions.split(";")[0]);
    const { _sender: sender } = socket;
    if (sender === undefined) return;
    const { sendFrame } = sender;
    sender.sendFrame = function look(list, callback) {
      sent.push(list);
      return sendFrame.call(this, list, callback);
    };
  });
});
io.use((socket, next) => (socket.handshake.auth.token === "令牌" ? next() : next(new Error("no token"))));
io.on("connection", (socket) => {
  socket.join("房间");
  socket.on("echo", (data, answer) => answer(data));
  socket.on("binary", (...data) => socket.emit("binary", ...data));
});
const port = await listen(http);

const sockets = [];
for (let index = 0; index < clients; index += 1) {
  const socket = connect(`http://127.0.0.1:${port}`, { auth: { token: "令牌" }, reconnection: false, forceNew: true });
  sockets.push(socket);
  await once(socket, "connect");
  const { engine } = socket.io;
  if (engine.transport.name !== "websocket") await once(engine, "upgrade");
}
const [one, ...others] = sockets;

const echoed = await one.timeout(5000).emitWithAck("echo", { text: "你好 🎉 e\u0301", list: [1, null, { deep: true }] });
const blob = randomBytes(300_000);
const back = once(one, "binary");
one.emit("binary", blob, { nested: new Uint8Array([0, 255, 127]) });
const [first, second] = await back;

const sentBefore = sent.length;
const heard = Promise.all(sockets.map((socket) => once(socket, "news")));
io.to("房间").emit("news", { text: "to all 📣".repeat(100) });
const news = await heard;
const frames = sent.slice(sentBefore);
const shared = frames.filter((list) => frames.indexOf(list) !== frames.lastIndexOf(list)); // `ws` itself uses sendFrame too

const without = once(others[0], "rest");
io.to("房间").except(one.id).emit("rest", "not to the first");
await without;
const binaryNews = Promise.all(sockets.map((socket) => once(socket, "binary news")));
io.emit("binary news", blob);
const blobs = await binaryNews;

const refused = connect(`http://127.0.0.1:${port}`, { reconnection: false, forceNew: true, transports: ["websocket"] });
const [refusal] = await once(refused, "connect_error");

const serverSide = io.sockets.sockets.get(one.id);
const left = once(serverSide, "disconnect");
one.disconnect();
const [reason] = await left;
await Promise.all([...others.map((socket) => once(socket, "disconnect")), io.close()]);

tell({
  frames: { shared: shared.length, distinct: new Set(shared).size },
  seen: {
    transports: [...transports],
    extensions: [...extensions],
    echoed,
    binary: blob.equals(Buffer.from(first)) && Buffer.from(second.nested).toString("hex"),
    broadcast: new Set(news.map(([{ text }]) => text)).size === 1 && news[0][0].text === "to all 📣".repeat(100),
    binaryBroadcast: blobs.every(([data]) => blob.equals(Buffer.from(data))),
    refusal: refusal.message,
    reason,
  },
});
process.exit(0); // Socket.IO's timers would keep it for a while
