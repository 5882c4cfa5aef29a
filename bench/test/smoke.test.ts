// The whole way once, short: compile the generator, start our server, drive it, and see that a wrong server is found out.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { findProgram } from "@openline/testkit";
import { contestants } from "../harness/contestants.ts";
import { obtainGenerator } from "../harness/installed.ts";
import { type Equipment, runOnce } from "../harness/one-run.ts";
import { parseResult } from "../harness/results.ts";
import { workloads } from "../harness/workloads.ts";

const skip = ["cc", "gcc", "clang"].some((name) => spawnSync(name, ["--version"]).status === 0) ? false : "there is no C compiler";
const openline = contestants.find(({ id }) => id === "openline");
let generator = "";

before(async () => {
  if (skip) return;
  const had = await obtainGenerator();
  assert.ok("path" in had, "reason" in had ? had.reason : "");
  generator = had.path;
});

const equipment = (): Equipment => {
  const pinning = { server: undefined, driver: undefined, words: "not pinned" };
  return { generator, pinning, certificate: tmpdir(), parts: {} };
};

for (const id of ["echo-20", "echo-1k", "fanout-200", "handshake"]) {
  test(`our server does the work of ${id} and every reply is right`, { skip, timeout: 60_000 }, async () => {
    const workload = workloads.find((each) => each.id === id);
    assert.ok(openline && workload);
    const result = await runOnce(openline, workload, equipment(), { warmup: 0.1, seconds: 1 });
    assert.ok(result.ok, result.ok ? "" : result.error);
    assert.ok(result.units > 0 && result.serverMicroseconds > 0 && result.serverPercent > 0, JSON.stringify(result));
  });
}

const hub = contestants.find(({ id }) => id === "openline-hub");

for (const load of [
  ["fanout", "--connections", "20", "--window", "1", "--size", "128"],
  ["recover", "--connections", "51", "--missed", "7", "--size", "128"],
  ["idle", "--connections", "30", "--seconds", "0", "--size", "128"],
]) {
  test(`the hub does the work of ${load[0]}, and nobody misses a message`, { skip, timeout: 60_000 }, async () => {
    const workload = workloads.find(({ id }) => id === "hub-1000");
    assert.ok(hub && workload);
    const result = await runOnce(hub, { ...workload, load }, equipment(), { warmup: 0.1, seconds: 0.5 });
    assert.ok(result.ok, result.ok ? "" : result.error);
    if (load[0] === "recover") assert.ok(result.units === 50 && (result.lastMilliseconds ?? 0) > 0, JSON.stringify(result));
  });
}

for (const id of ["openline-hub-durable", "openline-hub-redis"]) {
  const contestant = contestants.find((each) => each.id === id);
  const redis = contestant?.part === "redis-server" ? findProgram("redis-server") : undefined;
  const why = redis !== undefined && redis.path === undefined ? redis.reason : skip;

  test(`${id}: clients that come back get what they missed`, { skip: why, timeout: 60_000 }, async () => {
    const workload = workloads.find((each) => each.id === "hub-recover");
    assert.ok(contestant && workload);
    const load = ["recover", "--connections", "21", "--missed", "5", "--size", "128"];
    const parts = redis?.path === undefined ? {} : { "redis-server": redis.path };
    const result = await runOnce(contestant, { ...workload, load }, { ...equipment(), parts }, { warmup: 0.1, seconds: 0.5 });
    assert.ok(result.ok && result.units === 20, result.ok ? JSON.stringify(result) : result.error);
  });
}

test("a client whose history is gone when it comes back fails the run", { skip, timeout: 60_000 }, async () => {
  const workload = workloads.find(({ id }) => id === "hub-recover");
  assert.ok(hub && workload);
  const load = ["recover", "--connections", "11", "--missed", "30", "--size", "128"];
  const result = await runOnce({ ...hub, env: { BENCH_HISTORY: "10" } }, { ...workload, load }, equipment(), { warmup: 0.1, seconds: 0.5 });
  assert.match(result.ok ? "it was recovered" : result.error, /connection \d+: not recovered/);
});

const liars: readonly [string, (chunk: Buffer) => Buffer | undefined, RegExp][] = [
  ["changes a byte", (chunk) => Buffer.from(chunk).fill(0, 40, 41), /reply 0 is not what was sent/],
  ["swaps two messages", (chunk) => Buffer.concat([chunk.subarray(64, 128), chunk.subarray(0, 64), chunk.subarray(128)]), /reply 0 is not/],
  ["never answers", () => undefined, /nothing happened for 1 s/],
];

for (const [what, answer, expected] of liars) {
  test(`a server that ${what} fails the run`, { skip, timeout: 60_000 }, async () => {
    const port = await startLiar(answer);
    const words = ["--raw", "--connections", "1", "--window", "4", "--size", "64", "--seconds", "0.3", "--stall", "1"];
    const result = await drive(["echo", "--port", String(port), ...words]);
    assert.match(result, expected);
  });
}

test("a response with a wrong accept key fails the run (RFC 6455 §4.1)", { skip, timeout: 60_000 }, async () => {
  const head =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
  const port = await startLiar(() => Buffer.from(head));
  assert.match(
    await drive(["echo", "--port", String(port), "--connections", "1"]),
    /the accept key is s3pPLMBiTxaQ9kYGzzhZRbK\+xOo= instead of/,
  );
});

const open = new Set<{ close(): void }>();
after(() => {
  for (const each of open) each.close();
});

async function startLiar(answer: (chunk: Buffer) => Buffer | undefined): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      const bytes = answer(chunk);
      if (bytes) socket.write(bytes);
    });
  });
  open.add({
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

async function drive(words: readonly string[]): Promise<string> {
  const child = spawn(generator, words, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += String(chunk);
  });
  await once(child, "close");
  const result = parseResult(output);
  return result.ok ? "nothing was found wrong" : result.error;
}
