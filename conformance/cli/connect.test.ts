import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createServer as createSockJs } from "@openline/sockjs";
import { WebSocket } from "@openline/ws";
import { PseudoTerminal, skip } from "./pseudo-terminal.ts";
import { binary, startRun } from "./run-process.ts";

const timeout = 60_000;
const program =
  'echo ready; while read line; do case "$line" in json) echo "{\\"a\\":[1,true]}";; escape) printf "\\033[2Jgone\\n";; *) echo "got $line";; esac; done';

test("on a terminal: lines are edited and remembered, JSON comes in lines and colours, escape sequences are shown, /ping has its time, Ctrl-D ends with 0", {
  skip,
  timeout,
}, async (t) => {
  const { url } = await startRun(t, tmpdir(), "/bin/sh", "-c", program);
  const terminal = new PseudoTerminal(t, [process.execPath, binary, "connect", url.replace("http", "ws")]);
  await terminal.shows(/connected to ws:[\s\S]*< ready/);
  // A letter too much is taken back with Backspace.
  terminal.type("hellox\u007f\r");
  await terminal.shows(/< got hello\n/);
  terminal.type("json\r");
  await terminal.shows(/< \{\n {2}"a": \[\n {4}1,\n {4}true/);
  assert.ok(terminal.raw.includes('\u001b[36m"a"\u001b[0m'));
  terminal.type("escape\r");
  await terminal.shows(/< \\u001b\[2Jgone/);
  terminal.type("/ping\r");
  await terminal.shows(/pong after \d+\.\d ms/);
  terminal.type("/help\r");
  await terminal.shows(/\/close \[CODE/);
  // Four lines up is hello again.
  terminal.type("\u001b[A".repeat(5));
  terminal.type("\r");
  await terminal.shows(/got hello[\s\S]*got hello/);
  terminal.type("\u0004");
  assert.equal(await terminal.ended, 0);
  assert.match(terminal.shown, /closed with 1000: normal end/);
});

test("on a terminal: bytes and files go out, bytes come back as a dump, a close code is explained", { skip, timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-connect-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file.bin"), Buffer.from([0, 1, 254, 255]));
  const { url } = await startRun(t, tmpdir(), "--binary", "cat");
  const terminal = new PseudoTerminal(t, [process.execPath, binary, "connect", url.replace("http", "ws")]);
  await terminal.shows(/connected/);
  terminal.type("/hex 48 69 ff\r");
  await terminal.shows(/00000000 {2}48 69 ff .*\|Hi\.\|/);
  terminal.type(`/file ${join(folder, "file.bin")}\r`);
  await terminal.shows(/00000000 {2}00 01 fe ff /);
  terminal.type("/file /nowhere\r");
  await terminal.shows(/ENOENT/);
  terminal.type("/close 1006\r");
  await terminal.shows(/1006/);
  terminal.type("/close 4000 enough\r");
  assert.equal(await terminal.ended, 0);
  assert.match(terminal.shown, /closed with 4000: the application's own code/);
});

test("on a terminal: --handshake computes the accept value, --frames shows the bits; Ctrl-C ends", { skip, timeout }, async (t) => {
  const { url } = await startRun(t, tmpdir(), "cat");
  const terminal = new PseudoTerminal(t, [
    process.execPath,
    binary,
    "connect",
    url.replace("http", "ws"),
    "--handshake",
    "--frames",
    "--no-compression",
  ]);
  await terminal.shows(/SHA-1 of that[\s\S]*the same: it speaks WebSocket/);
  terminal.type("hi\r");
  await terminal.shows(/-> FIN=1 RSV=000 opcode=1 \(text\) MASK=1 key=[\da-f]{8} length=2 \(7 bits\) {2}header 81 82/);
  await terminal.shows(/<- FIN=1 RSV=000 opcode=1 \(text\) MASK=0 length=2 \(7 bits\) {2}header 81 02\n {3}hi/);
  terminal.type("\u0003");
  assert.equal(await terminal.ended, 0);
});

test("on a terminal: what comes while somebody types is written above it, and a line of three rows is drawn again below", {
  skip,
  timeout,
}, async (t) => {
  const { url } = await startRun(t, tmpdir(), "--mode=shared", "cat");
  const address = url.replace("http", "ws");
  const terminal = new PseudoTerminal(t, [process.execPath, binary, "connect", address]);
  await terminal.shows(/connected/);
  const other = new WebSocket(address);
  t.after(() => other.terminate());
  await once(other, "open");
  terminal.type("x".repeat(247));
  await terminal.shows(/x{47}$/);
  other.send("tick");
  await terminal.shows(/tick[\s\S]*x{47}$/);
  // Up to the first of three rows, over it, and the prompt is drawn anew from there.
  const [, after = ""] = terminal.raw.split("\u001b[2A\r\u001b[J", 2);
  assert.match(after.replaceAll("\u001b", "ESC"), /^ESC\[36m<ESC\[0m tick\r\nESC\[1GESC\[0J> x/);
  terminal.type("\u0015done\r");
  await terminal.shows(/< done/);
  terminal.type("\u0004");
  assert.equal(await terminal.ended, 0);
});

test("openline run on a terminal says where it is, who reaches it and how to stop it, and Ctrl-C drains", { skip, timeout }, async (t) => {
  const terminal = new PseudoTerminal(t, [process.execPath, binary, "run", "--port=0", "--devconsole", "cat"]);
  await terminal.shows(/Try it: http:\/\/localhost:\d+\/[\s\S]*Only this machine reaches it[\s\S]*Ctrl-C stops it/);
  terminal.type("\u0003");
  assert.equal(await terminal.ended, 0);
  assert.match(terminal.shown, /SIGINT: draining/);
});

/** Runs `openline connect` with this input in a pipe. */
async function connect(t: TestContext, args: readonly string[], input: string): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [binary, "connect", ...args], { stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

test("S: --sockjs keeps a session that wants its heartbeats answered, for as long as it likes; without answers it is cut", {
  timeout,
}, async (t) => {
  const sockjs = createSockJs({ prefix: "/echo", heartbeat_delay: 300, heartbeat_reply_timeout: 200 });
  sockjs.on("connection", (connection) => connection.on("data", (message: string) => connection.write(`got ${message}`)));
  const server = createHttpServer();
  const endpoint = sockjs.installHandlers(server);
  t.after(() => endpoint.close({ graceMs: 100 }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}/echo`;
  const [kept, cut] = await Promise.all([
    connect(t, [url, "--sockjs", "--for", "2000"], "你好\n"),
    connect(t, [url, "--sockjs", "--heartbeat-answer", "none", "--for", "20000"], "x\n"),
  ]);
  assert.deepEqual([kept.code, kept.out], [0, "got 你好\n"]);
  assert.match(kept.err, /heartbeat, answered with \["h"\]/);
  assert.equal(cut.code, 4);
  assert.match(cut.err, /closed with 3000: .*No response from heartbeat/);
});
