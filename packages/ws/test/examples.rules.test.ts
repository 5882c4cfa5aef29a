import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { WebSocket } from "../src/websocket.ts";
import { upgradeRequest } from "./fixtures/raw-client.ts";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("../../../examples", import.meta.url));
const here = fileURLToPath(new URL("..", import.meta.url));

/** Starts an example on a free port; its lines, and the port it tells of. */
async function start(t: TestContext, example: string): Promise<{ port: number; lines: string[]; stop: () => Promise<number> }> {
  const child = spawn(process.execPath, [`${folder}/${example}/server.js`], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  const reader = createInterface(child.stdout);
  reader.on("line", (line) => lines.push(line));
  await once(reader, "line");
  const port = Number(/^listening on (\d+)$/.exec(lines[0] ?? "")?.[1]);
  const stop = async (): Promise<number> => {
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number];
    return code;
  };
  return { port, lines, stop };
}

/** What a page of the address's own does: it says `hello..` and closes at the answer. */
async function hello(port: number, headers: Record<string, string> = {}): Promise<string[]> {
  const heard: string[] = [];
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { headers });
  socket.onopen = () => socket.send("hello..");
  socket.onmessage = ({ data }) => {
    heard.push(String(data));
    socket.close(1000);
  };
  const [code] = (await once(socket, "close")) as [number];
  return [...heard, String(code)];
}

test("J: a server of 40 lines over node:http serves index.html and the upgrade on one port; the page says hello.. and gets hi", async (t) => {
  const { port, lines, stop } = await start(t, "hello-http");
  const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  assert.match(page, /socket\.send\("hello\.\."\)/);
  assert.equal((await fetch(`http://127.0.0.1:${port}/other`)).status, 404);
  assert.deepEqual(await hello(port, { Origin: `http://127.0.0.1:${port}` }), ["hi", "1000"]);
  await assert.rejects(hello(port, { Origin: "https://elsewhere.example" }), /403/);
  assert.equal(await stop(), 0);
  assert.ok(lines.includes("closed 1000"));
});

test("J: the same in 30 lines on @openline/protocol and node:net", async (t) => {
  const { port } = await start(t, "hello-protocol");
  assert.deepEqual(await hello(port), ["hi", "1000"]);
  const raw = connect(port, "127.0.0.1");
  raw.end(upgradeRequest({ "Sec-WebSocket-Version": "7" }));
  assert.match(String((await once(raw, "data"))[0]), /^HTTP\/1\.1 426 Refused\r\nSec-WebSocket-Version: 13\r\n/);
});

test("J, B: the bits of the masked frame with hello.. get hi from the 30 lines (RFC 6455 §5.2)", async (t) => {
  const { port } = await start(t, "hello-protocol");
  const bits = "10000001 10000111 10010001 01011010 11010011 01010100 11111001 00111111 10111111 00111000 11111110 01110100 11111101";
  const raw = connect(port, "127.0.0.1");
  t.after(() => raw.destroy());
  raw.write(upgradeRequest());
  await once(raw, "data");
  raw.write(Buffer.from(bits.split(" ").map((byte) => Number.parseInt(byte, 2))));
  assert.deepEqual((await once(raw, "data"))[0], Buffer.from([0x81, 2, 0x68, 0x69]));
});

test("J: the programs are as short as they claim", () => {
  const linesOf = (path: string): number =>
    readFileSync(`${folder}/${path}`, "utf8")
      .trimEnd()
      .split("\n")
      .filter((line) => !line.startsWith("//")).length;
  assert.ok(linesOf("hello-http/server.js") <= 40);
  assert.ok(linesOf("hello-protocol/server.js") <= 30);
});

// In the shape of an Express application on one port and its WebSocket on another; conformance/dependents has the real Express.
const express = (name: string): string => `
  const app = require("node:http").createServer((req, res) => {
    if (req.url === "/") { res.setHeader("Content-Type", "text/html"); res.end("<script>/* connects to the other port */</script>"); }
    else { res.statusCode = 404; res.end(); }
  });
  const { Server } = require("${name}");
  const WebSocket = require("${name}");
  const wss = new Server({ port: 0 });
  wss.on("connection", (ws) => {
    ws.onopen = () => console.log("never called: it is open already");
    ws.onmessage = (event) => { console.log("server got", event.data); ws.send("echo " + event.data); };
    ws.onerror = (event) => console.log("server error", event.message);
    ws.onclose = (event) => { console.log("server closed", event.code, event.reason, event.wasClean); wss.close(); app.close(); };
  });
  app.listen(0, () => {
    fetch("http://localhost:" + app.address().port + "/", { headers: { connection: "close" } }).then((page) => page.text()).then((text) => {
      console.log("page", text.length);
      const ws = new WebSocket("ws://localhost:" + wss.address().port, "chat");
      ws.onopen = (event) => { console.log("open", event.type, ws.protocol, ws.readyState === WebSocket.OPEN); ws.send("hello"); };
      ws.onmessage = (event) => { console.log("page got", event.data); ws.close(1000, "thanks"); };
      ws.onclose = (event) => console.log("page closed", event.code);
    });
  });`;

test("K: Express on one port and WebSocket on another, with require and on… attributes: only the require changed", async () => {
  const outputs = await Promise.all(
    ["ws", "@openline/ws"].map(async (name) =>
      run(process.execPath, ["--no-warnings", "-e", express(name)], { cwd: here, timeout: 10_000 }),
    ),
  );
  const [theirs, ours] = outputs.map(({ stdout }) => stdout.trim().split("\n").sort());
  assert.deepEqual(ours, theirs);
  assert.deepEqual(ours, [
    "open open chat true",
    "page 49",
    "page closed 1000",
    "page got echo hello",
    "server closed 1000 thanks true",
    "server got hello",
  ]);
});
