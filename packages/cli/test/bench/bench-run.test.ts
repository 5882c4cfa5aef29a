import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocketServer } from "@openline/ws";
import { type BenchProgress, runBench } from "../../src/bench/bench-run.ts";
import { readBenchSettings } from "../../src/bench/bench-settings.ts";

test("what several driver processes counted is added up, and progress is told while they run", async (t) => {
  const server = new WebSocketServer({ port: 0 });
  server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  const address = server.address();
  const url = `ws://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
  const { plan } = readBenchSettings(url, { connections: "7", rate: "100", duration: "2s" }, {});
  const told: BenchProgress[] = [];
  const result = await runBench(plan, 3, (progress) => told.push(progress), new AbortController().signal);
  assert.deepEqual([result.opened, result.open, result.wrong, result.failures, result.drivers], [7, 7, 0, {}, 3]);
  assert.equal(result.latency.count, result.sent, "each is answered, some after the end");
  assert.equal(result.received + result.late, result.sent);
  assert.equal(result.halves[0].count + result.halves[1].count, result.sent);
  assert.equal(
    result.seconds.reduce((sum, { received }) => sum + received, 0),
    result.received,
    "no second loses what the drivers tell after the end",
  );
  assert.ok(result.seconds.length >= 1 && result.seconds.length <= 2, `${result.seconds.length}`);
  assert.ok(told.some(({ phase }) => phase === "running"));
});

test("a driver that cannot do its work ends the run with its reason", async () => {
  const { plan } = readBenchSettings("ws://127.0.0.1:9/", { connections: "1", duration: "1s" }, {});
  const impossible = { ...plan, url: "ws://127.0.0.1:9/#fragment", headers: { "bad name": "x" } };
  const result = await runBench(impossible, 1, () => undefined, new AbortController().signal);
  assert.equal(Object.values(result.failures)[0], 1);
});
