import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../src/log.ts";
import { laneOf, Outbox, type OutboxChange } from "../../src/webhooks/outbox.ts";
import { gatherMs, WebhookLane } from "../../src/webhooks/webhook-lane.ts";
import { startBackend } from "./backend-fixture.ts";

const keyIn = (at: number, of: number): string => {
  for (let n = 0; ; n++) if (laneOf({ id: "", text: "", key: `s${n}` }, of) === at) return `s${n}`;
};

test("a lane delivers its own events in their order, and leaves those of others where they are", async (t) => {
  const backend = await startBackend(t);
  const outbox = new Outbox({ events: 100, bytes: 10_000, deadLetters: 10 });
  const changes: OutboxChange[] = [];
  const lost: unknown[] = [];
  let delivered = 0;
  const options = { url: backend.url, secret: undefined, attempts: 1, timeoutMs: 5_000, log: createLog({ level: "silent" }) };
  const lane = new WebhookLane(
    options,
    { at: 1, of: 2 },
    {
      outbox,
      signal: new AbortController().signal,
      change: (change) => {
        changes.push(change);
        outbox.apply(change);
      },
      delivered: (events) => (delivered += events),
      failed: () => undefined,
      lost: (events, reason) => lost.push([events, reason]),
    },
  );
  const [mine, others] = [keyIn(1, 2), keyIn(0, 2)];
  for (const [id, key] of [
    ["1", mine],
    ["2", others],
    ["3", mine],
  ] as const)
    outbox.apply({ do: "add", id, text: JSON.stringify({ id }), key });
  lane.schedule(0);
  await backend.called(1);
  await lane.close();
  assert.deepEqual(backend.calls[0]?.body["events"], [{ id: "1" }, { id: "3" }]);
  assert.deepEqual([delivered, changes, lost, lane.failures], [2, [{ do: "done", count: 2, lane: { at: 1, of: 2 } }], [], 0]);
  assert.deepEqual(
    outbox.batch(10, 1_000).map(({ id }) => id),
    ["2"],
  );
});

test("a lane that closes sends each batch once, however slow the answer is, and loses nothing that came meanwhile", async (t) => {
  const backend = await startBackend(t);
  backend.answer = (_call, response) => void setTimeout(() => response.writeHead(204).end(), 4 * gatherMs);
  const outbox = new Outbox({ events: 1000, bytes: 100_000, deadLetters: 10 });
  const options = { url: backend.url, secret: undefined, attempts: 1, timeoutMs: 20_000, log: createLog({ level: "silent" }) };
  const lane = new WebhookLane(
    options,
    { at: 0, of: 1 },
    {
      outbox,
      signal: new AbortController().signal,
      change: (change) => outbox.apply(change),
      delivered: () => undefined,
      failed: () => undefined,
      lost: () => undefined,
    },
  );
  // More than one batch takes.
  const ids = Array.from({ length: 150 }, (_, index) => `e${index}`);
  for (const id of ids) outbox.apply({ do: "add", id, text: JSON.stringify({ id }) });
  lane.schedule(gatherMs);
  await lane.close();
  const sent = backend.calls.flatMap(({ body }) => body["events"] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(sent, ids);
});
