import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocketServer } from "@openline/ws";
import { BenchClient } from "../../src/bench/bench-client.ts";
import { readBenchSettings } from "../../src/bench/bench-settings.ts";
import { type Heard, messageForm } from "../../src/bench/message-form.ts";

test("it opens, sends and hears, tells a loss that it did not ask for, and opens again", async (t) => {
  const server = new WebSocketServer({ port: 0 });
  server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  const address = server.address();
  const { plan } = readBenchSettings(`ws://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`, {}, {});
  const heard: Heard[] = [];
  const lost: number[] = [];
  let wake: () => void = () => undefined;
  const next = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const client = new BenchClient("0.1", plan, messageForm(plan), {
    heard: (message) => {
      heard.push(message);
      wake();
    },
    lost: (code) => {
      lost.push(code);
      wake();
    },
  });
  await client.open();
  assert.equal(client.isReady, true);
  for (let count = 0; count < 2; count++) {
    const answered = next();
    client.send(5);
    await answered;
  }
  assert.deepEqual(
    heard.map(({ seq, sender, dueMs }) => [seq, sender, dueMs]),
    [
      [0, "0.1", 5],
      [1, "0.1", 5],
    ],
  );
  const gone = next();
  for (const socket of server.clients) socket.terminate();
  await gone;
  assert.deepEqual([lost, client.isReady], [[1006], false]);
  await client.open();
  await client.close();
  assert.deepEqual([lost, client.isReady], [[1006], false]);
});
