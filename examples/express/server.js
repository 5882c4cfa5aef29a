// Rooms beside the pages of an Express application: `node examples/express/server.js`, then open http://localhost:8080.
import { once } from "node:events";
import { createServer, refuse } from "@openline/server";
import express from "express";

const app = express();
app.get("/", (_request, response) => response.type("html").send(page));

const openline = createServer({
  basePath: "/realtime/",
  anonymous: true,
  hooks: {
    beforeJoin: ({ room }) => (room === "staff" ? refuse("staff only") : undefined),
    beforePublish: ({ data }) => (typeof data === "string" ? { data: data.trim() } : refuse("text only", "bad-message")),
    afterPublish: ({ room, user, data }) => console.log("published", room, user, data),
  },
});

const http = app.listen(process.env.PORT ?? 8080, "127.0.0.1");

process.once("SIGINT", () => {
  http.close();
  void openline.close();
});

const page = `<!doctype html>
<title>Express and Openline</title>
<p>Say something: <input id="text"></p>
<ul id="heard"></ul>
<script>
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/realtime/hub", "openline.v1");
  const say = (message) => socket.send(JSON.stringify(message));
  socket.onopen = () => {
    say({ type: "connect", ref: 0, version: 1, user: "guest" });
    say({ type: "join", ref: 1, room: "lobby", rewind: 10 });
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type !== "message") return;
    const line = document.createElement("li");
    line.textContent = message.user + ": " + message.data;
    document.getElementById("heard").append(line);
  };
  document.getElementById("text").onchange = ({ target }) => {
    say({ type: "publish", ref: 2, room: "lobby", data: target.value });
    target.value = "";
  };
</script>`;

await once(http, "listening");
await openline.mount(http);
console.log("listening on", http.address().port);
