import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../src/log.ts";
import { laneOf, Outbox, type OutboxChange } from "../../src/webhooks/outbox.ts";
import { WebhookLane } from "../../src/webhooks/webhook-lane.ts";
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
