import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import WebSocketDefault, { broadcast, "module.exports" as required, WebSocket, WebSocketServer } from "../src/index.ts";

const run = promisify(execFile);
const here = fileURLToPath(new URL("..", import.meta.url));

test("the class is the default export, the one called WebSocket, and the one called module.exports", () => {
  assert.equal(WebSocketDefault, WebSocket);
  assert.equal(required, WebSocket);
});

test("the class has the package's names as statics, as ws has them", () => {
  assert.equal(WebSocket.WebSocket, WebSocket);
  assert.equal(WebSocket.Server, WebSocketServer);
  assert.equal(WebSocket.WebSocketServer, WebSocketServer);
  assert.equal(WebSocket.broadcast, broadcast);
});

test("K: require() gives the class, { Server } can be taken from it, and on… attributes work on the server's socket", async () => {
  const program = `
    const { Server } = require("@openline/ws");
    const WebSocket = require("@openline/ws");
    const wss = new Server({ port: 0 });
    wss.on("connection", (ws) => {
      ws.onmessage = (event) => ws.send("got " + event.data);
      ws.onerror = () => {};
      ws.onclose = (event) => { console.log("closed", event.code, event.wasClean); wss.close(); };
    });
    wss.on("listening", () => {
      const ws = new WebSocket("ws://localhost:" + wss.address().port);
      ws.onopen = () => ws.send("hello");
      ws.onmessage = (event) => { console.log(event.data); ws.close(1000); };
    });`;
  const { stdout } = await run(process.execPath, ["--no-warnings", "-e", program], { cwd: here, timeout: 10_000 });
  assert.equal(stdout, "got hello\nclosed 1000 true\n");
});

test("import of default and names from the built package gives the same class", async () => {
  const program = `import WebSocket, { WebSocketServer } from "@openline/ws"; console.log(WebSocket.Server === WebSocketServer, WebSocket.OPEN);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: here, timeout: 10_000 });
  assert.equal(stdout, "true 1\n");
});
