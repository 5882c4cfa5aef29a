import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createLog } from "../../src/log.ts";
import { completeSettings } from "../../src/settings.ts";
import { PrimaryDesk } from "../../src/workers/primary-desk.ts";
import type { WorkerSeat } from "../../src/workers/worker-seat.ts";

/** A desk with a seat for each of `answers`: what that worker answers by topic. A worker without answers has no line. */
function desk(t: TestContext, ...answers: readonly (Readonly<Record<string, unknown>> | undefined)[]) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const told: unknown[] = [];
  const seats = new Map<number, WorkerSeat>();
  for (const [index, answer] of answers.entries()) {
    const id = index + 1;
    const line = answer && {
      tell: (topic: string, body: unknown) => void told.push([id, topic, body]),
      ask: async (topic: string) => {
        if (answer[topic] instanceof Error) throw answer[topic];
        return await Promise.resolve(JSON.stringify(answer[topic]));
      },
    };
    seats.set(id, { id, line, desk: undefined } as unknown as WorkerSeat);
  }
  const opened = new PrimaryDesk(completeSettings({}), createLog({ level: "silent" }), seats);
  const ask = async (worker: number, topic: string, body: unknown = null): Promise<unknown> =>
    await opened.answer(seats.get(worker), topic, JSON.stringify(body));
  const tell = (worker: number, topic: string, body: unknown): boolean => {
    const seat = seats.get(worker);
    assert.ok(seat !== undefined);
    return opened.hear(seat, topic, JSON.stringify(body), 0);
  };
  return { opened, ask, tell, told };
}

test("each worker is told what the others count, and nothing any more of one that is gone", (t) => {
  const { opened, tell, told } = desk(t, {}, {});
  for (const worker of [1, 2]) opened.join(worker);
  assert.ok(tell(1, "counts", { connections: { "": 3 }, addresses: { "10.0.0.9": 2 } }));
  t.mock.timers.tick(1000);
  assert.deepEqual(told.splice(0), [
    [1, "counts", { connections: { "": 0 } }],
    [2, "counts", { connections: { "": 3 } }],
    [1, "counts", { addresses: { "10.0.0.9": 0 } }],
    [2, "counts", { addresses: { "10.0.0.9": 2 } }],
  ]);
  opened.leave(1, false);
  t.mock.timers.tick(1000);
  assert.deepEqual(told, [
    [2, "counts", { connections: { "": 0 } }],
    [2, "counts", { addresses: { "10.0.0.9": 0 } }],
  ]);
});

test("views of the whole are asked of all workers; one that fails or has no line is left out", async (t) => {
  const users = [{ user: "ann", sessions: 2 }];
  const { ask } = desk(
    t,
    { users, connected: 2 },
    { users, connected: 1 },
    { users: new Error("gone"), connected: new Error("gone") },
    undefined,
  );
  assert.deepEqual(await ask(1, "all-users"), [{ user: "ann", sessions: 4 }]);
  assert.equal(await ask(1, "all-connected", { user: "ann" }), 3);
});

test("a session has one home, until its worker says that it is over", async (t) => {
  const { ask, tell } = desk(t, {}, {});
  const question = (path: string) => ({ id: "abc", path, opens: true });
  const first = await ask(1, "session-home", question("/tmp/one"));
  assert.equal(await ask(2, "session-home", question("/tmp/two")), "/tmp/one");
  assert.equal(tell(1, "session-over", "abc"), true);
  assert.notEqual(await ask(2, "session-home", question("/tmp/two")), "/tmp/one");
  assert.notEqual(first, "/tmp/two");
});

test("without a webhook there is nothing to tell of one", async (t) => {
  const { opened, ask } = desk(t, {});
  assert.equal(opened.hasWebhook, false);
  for (const topic of ["webhook", "dead-letters", "retry-dead-letters"]) assert.equal(await ask(1, topic), undefined);
});

test("what is not for the desk is left to the primary, and a question that nobody knows is refused", async (t) => {
  const { ask, tell } = desk(t, {});
  assert.equal(tell(1, "listening", {}), false);
  await assert.rejects(ask(1, "weather"), /a primary is not asked for weather/);
  await assert.rejects(ask(9, "all-users"), /all-users before hello/);
});
