import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocketServer } from "@openline/ws";
import { BenchDriver } from "../../src/bench/bench-driver.ts";
import { readBenchSettings } from "../../src/bench/bench-settings.ts";

test("answers out of order, twice or after a gap are counted as wrong, each once", () => {
  const { plan } = readBenchSettings("ws://a.test/", { connections: "1" }, {});
  const driver = new BenchDriver(plan, { index: 0, of: 1 });
  const [client] = driver.clients;
  assert.ok(client !== undefined);
  const isNext = (seq: number): boolean => driver.isNext(client, { sender: "0.0", seq, dueMs: 0 });
  assert.deepEqual([0, 1, 3, 4, 4, 5].map(isNext), [true, true, false, true, false, true]);
});

test("what cannot be opened is counted by its reason, and ends nothing", async () => {
  const server = new WebSocketServer({ port: 0, verifyClient: (_info, answer) => answer(false, 503) });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { plan } = readBenchSettings(`ws://127.0.0.1:${port}/`, { connections: "3", "open-rate": "1000" }, {});
  const driver = new BenchDriver(plan, { index: 0, of: 1 });
  await driver.prepare();
  assert.deepEqual(driver.end().tally.failures, { "HTTP 503": 3 });
  server.close();
});
