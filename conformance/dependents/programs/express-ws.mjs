// express-ws: routes and middleware for WebSockets in an Express application, beside its pages.
import { once } from "node:events";
import express from "express";
import expressWs from "express-ws";
import { WebSocket } from "ws";
import { tell } from "./facts.mjs";

const app = express();
const { applyTo, getWss } = expressWs(app);
const order = [];
app.use((request, _response, next) => {
  order.push(request.ws ? "WebSocket" : "page");
  request.greeting = "hello";
  next();
});
app.get("/page", (request, response) => response.send(`${request.greeting} page`));
app.ws("/echo/:name", (socket, request) => {
  socket.on("message", (message) => socket.send(`${request.greeting} ${request.params.name}: ${message}`));
});
const router = express.Router();
applyTo(router);
router.ws("/news", (socket) => {
  socket.on("message", (message) => {
    for (const client of getWss().clients) client.send(message.toString());
  });
});
app.use("/nested", router);

const listener = app.listen(0, "127.0.0.1");
await once(listener, "listening");
const base = `127.0.0.1:${listener.address().port}`;
const page = await (await fetch(`http://${base}/page`)).text();

const open = async (path) => {
  const socket = new WebSocket(`ws://${base}${path}`);
  await once(socket, "open");
  return socket;
};
const echo = await open(`/echo/${encodeURIComponent("小明")}?room=1`);
echo.send("在吗 🎉");
const [answer] = await once(echo, "message");
const [one, two] = [await open("/nested/news"), await open("/nested/news")];
const heard = Promise.all([echo, one, two].map((socket) => once(socket, "message")));
one.send("to all");
const news = (await heard).map(([message]) => String(message));
const clients = getWss().clients.size;

const nowhere = await open("/nowhere");
const [code] = await once(nowhere, "close");
for (const socket of [echo, one, two]) socket.terminate();
listener.close();
tell({ page, answer: String(answer), news, clients, nowhere: code, order: [...new Set(order)] });
