import assert from "node:assert/strict";
import { test } from "node:test";
import { Heard } from "../../src/heard.ts";
import { LongPoll, unknownPosition } from "../../src/reading/long-poll.ts";

const joined = (more: object): Heard =>
  new Heard(JSON.stringify({ type: "joined", ref: 2, room: "a", position: "e.9.t", replay: 0, memberCount: 0, ...more }));
const message = (offset: number): Heard =>
  new Heard(JSON.stringify({ type: "message", room: "a", position: `e.${offset}.t`, data: offset, time: 1 }));
const entry = (offset: number): object => ({ position: `e.${offset}.t`, data: offset, time: 1 });
const start = (more: { after?: string; waitMs?: number; limit?: number } = {}): LongPoll =>
  new LongPoll({ room: "a", after: undefined, waitMs: 20_000, limit: 50, ...more });

test("what is replayed is answered whole, with the position of the last one", async () => {
  const poll = start({ after: "e.1.t" });
  for (const heard of [joined({ replay: 2, recovered: true }), message(2), message(3)]) poll.hear(heard);
  assert.deepEqual(await poll.answer, { room: "a", messages: [entry(2), entry(3)], position: "e.3.t", complete: true });
});

test("more than the limit is left for the next poll, and the answer says so", async () => {
  const poll = start({ after: "e.1.t", limit: 2 });
  for (const heard of [joined({ replay: 3, recovered: true }), message(2), message(3), message(4)]) poll.hear(heard);
  assert.deepEqual(await poll.answer, { room: "a", messages: [entry(2), entry(3)], position: "e.3.t", complete: false });
});

test("with nothing missed it waits for the first message; those of the same turn come along", async () => {
  const poll = start({ after: "e.9.t" });
  poll.hear(joined({ recovered: true }));
  poll.hear(message(10));
  poll.hear(message(11));
  assert.deepEqual(await poll.answer, { room: "a", messages: [entry(10), entry(11)], position: "e.11.t", complete: true });
});

test("when its time is over the answer is empty and names where the reader stands", async () => {
  const poll = start({ waitMs: 1 });
  poll.hear(joined({}));
  assert.deepEqual(await poll.answer, { room: "a", messages: [], position: "e.9.t", complete: true });
});

test("a position that the history does not continue is a problem that names it (contract 2)", async () => {
  const poll = start({ after: "x.1.y" });
  poll.hear(joined({ recovered: false }));
  assert.deepEqual(await poll.answer, { problem: unknownPosition("a", "x.1.y") });
});

test("what was lost while it waited is left to the next poll, which is told", async () => {
  const poll = start({ after: "e.9.t" });
  poll.hear(joined({ recovered: true }));
  poll.hear(new Heard(JSON.stringify({ type: "insufficient", room: "a", position: "f.1.t" })));
  assert.deepEqual(await poll.answer, { room: "a", messages: [], position: "e.9.t", complete: true });
});

test("a poll that may not wait is answered when the room is open: an engine that takes its time has lost nothing", async () => {
  const poll = start({ after: "e.1.t", waitMs: 0 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  for (const heard of [joined({ replay: 1, recovered: true }), message(2)]) poll.hear(heard);
  assert.deepEqual(await poll.answer, { room: "a", messages: [entry(2)], position: "e.2.t", complete: true });
});

test("what comes after what ended the poll is the next one's: it is not told twice", async () => {
  const poll = start({ after: "e.9.t" });
  poll.hear(joined({ recovered: true }));
  poll.hear(new Heard(JSON.stringify({ type: "gap", room: "a", count: 3, position: "e.12.t" })));
  poll.hear(message(13));
  assert.deepEqual(await poll.answer, { room: "a", messages: [], position: "e.9.t", complete: true });
});

test("a refusal of the hub, a room that does not open in time and a hub that ends are problems", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const refused = start();
  refused.hear(new Heard(JSON.stringify({ type: "error", ref: 2, code: "forbidden", message: "not yours" })));
  assert.deepEqual(await refused.answer, { problem: { code: "forbidden", detail: "not yours", headers: {} } });
  const slow = start({ after: "e.1.t", waitMs: 1 }).answer;
  t.mock.timers.tick(10_000);
  const late = await slow;
  assert.equal("problem" in late && late.problem.code, "unavailable");
  const restarting = start({ after: "e.9.t" });
  restarting.hear(joined({ recovered: true }));
  restarting.hear(new Heard(JSON.stringify({ type: "error", code: "restarting", message: "the server restarts", retryAfterMs: 100 })));
  restarting.ended(1012, "restarting");
  assert.deepEqual(await restarting.answer, { room: "a", messages: [], position: "e.9.t", complete: true });
  const ended = start();
  ended.ended(1001, "going away");
  const answer = await ended.answer;
  assert.match("problem" in answer ? answer.problem.detail : "", /going away/);
});
