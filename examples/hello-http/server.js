// A page and its WebSocket on one port: `node examples/hello-http/server.js`, then open http://localhost:8080.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { WebSocketServer } from "@openline/ws";

const page = await readFile(new URL("index.html", import.meta.url));

const http = createServer((request, response) => {
  if (request.url === "/") response.writeHead(200, { "Content-Type": "text/html" }).end(page);
  else response.writeHead(404).end("There is only one page here.\n");
});

const server = new WebSocketServer({ server: http, secure: true });

server.on("connection", (socket, request) => {
  console.log("connected", request.socket.remoteAddress);
  socket.addEventListener("message", ({ data }) => {
    if (data === "hello..") socket.send("hi");
  });
  socket.on("error", (error) => console.log("failed", error.message));
  socket.on("close", (code) => console.log("closed", code));
});

process.once("SIGINT", () => {
  http.close();
  void server.close({ deadlineMs: 5000 });
});

http.listen(process.env.PORT ?? 8080, () => console.log("listening on", http.address().port));
