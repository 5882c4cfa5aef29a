// Bun's own server (uWebSockets inside), run by Bun. Fan-out is its publish to a topic, the way its documentation broadcasts.
const { BENCH_WORK: work = "echo", BENCH_TLS: tls, BENCH_HEARTBEAT_MS: heartbeat } = process.env;

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  ...(tls ? { tls: { key: Bun.file(`${tls}/key.pem`), cert: Bun.file(`${tls}/cert.pem`) } } : {}),
  fetch(request, server) {
    return server.upgrade(request) ? undefined : new Response("a WebSocket server", { status: 426 });
  },
  websocket: {
    // It pings somewhat before this time is over, in steps of 4 s. 0 switches pings off.
    idleTimeout: heartbeat ? Math.max(8, Math.ceil(Number(heartbeat) / 1000)) : 0,
    sendPings: Boolean(heartbeat),
    perMessageDeflate: work === "deflate",
    maxPayloadLength: 100 * 1024 * 1024,
    backpressureLimit: 100 * 1024 * 1024,
    open(socket) {
      if (work === "broadcast") socket.subscribe("all");
    },
    message(socket, message) {
      if (work === "broadcast") server.publish("all", message);
      else socket.send(message, work === "deflate");
    },
  },
});
console.log(`listening ${server.port}`);
process.on("SIGUSR2", () => Bun.gc(true));
