// mqtt.js over WebSocket against the broker Aedes behind createWebSocketStream.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { Aedes } from "aedes";
import mqtt from "mqtt";
import { createWebSocketStream, WebSocketServer } from "ws";
import { listen, tell } from "./facts.mjs";

const broker = await Aedes.createBroker();
const http = createServer();
const server = new WebSocketServer({ server: http, handleProtocols: (protocols) => (protocols.has("mqtt") ? "mqtt" : false) });
const subprotocols = new Set();
server.on("connection", (socket, request) => {
  subprotocols.add(socket.protocol);
  broker.handle(createWebSocketStream(socket), request);
});
const url = `ws://127.0.0.1:${await listen(http)}/mqtt`;

const gone = new Set();
broker.on("clientDisconnect", ({ id }) => gone.add(id));
const one = await mqtt.connectAsync(url, { clientId: "one", reconnectPeriod: 0 });
const two = await mqtt.connectAsync(url, {
  clientId: "two",
  reconnectPeriod: 0,
  wsOptions: { headers: { "x-test": "two" } },
});

await one.publishAsync("status/房间", "retained 你好 🎉", { retain: true, qos: 1 });
const retained = once(two, "message");
await two.subscribeAsync("status/#", { qos: 1 });
const [topic, payload] = await retained;

const large = randomBytes(1024 * 1024);
await two.subscribeAsync("large", { qos: 2 });
const arrived = once(two, "message");
await one.publishAsync("large", large, { qos: 2 });
const [, blob] = await arrived;

const counted = new Promise((resolve) => {
  const seen = [];
  two.on("message", (from, data) => {
    if (from === "count" && seen.push(Number(data)) === 500) resolve(seen);
  });
});
await two.subscribeAsync("count", { qos: 0 });
for (let count = 0; count < 500; count += 1) one.publish("count", String(count));
const inOrder = (await counted).every((count, index) => count === index);

await one.endAsync();
const closed = once(two, "close");
two.stream.destroy();
await closed;
await new Promise((resolve) => broker.close(resolve));
await new Promise((resolve) => server.close(resolve));
http.close();
tell({
  subprotocols: [...subprotocols],
  retained: `${topic}: ${payload}`,
  large: large.equals(blob),
  inOrder,
  gone: ["one", "two"].filter((id) => gone.has(id)),
});
