import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionHomes } from "../../src/workers/session-homes.ts";

test("a session is the first worker's that opens it, until it is over or the worker is gone", () => {
  const homes = new SessionHomes();
  const ask = (worker: number, id: string, opens: boolean): string | null => homes.find(worker, { id, path: `/w${worker}`, opens });
  assert.equal(ask(1, "a", false), null);
  assert.equal(ask(1, "a", true), "/w1");
  assert.equal(ask(2, "a", true), "/w1");
  assert.equal(ask(2, "a", false), "/w1");
  homes.over(2, "a");
  assert.equal(ask(2, "a", false), "/w1", "only its own worker ends it");
  homes.over(1, "a");
  assert.equal(ask(2, "a", true), "/w2");
  ask(2, "b", true);
  ask(3, "c", true);
  homes.leave(2);
  assert.equal(ask(1, "b", false), null);
  assert.equal(homes.size, 1);
});
