import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../console/outbox.ts";
import type { Outgoing } from "../../console/timeline.ts";

function outbox(): { box: Outbox; states: () => string } {
  let shown: readonly Outgoing[] = [];
  const box = new Outbox((list) => (shown = list));
  return {
    box,
    states: () => shown.map(({ id, state, reason }) => [id, state, reason].filter((part) => part !== undefined).join(":")).join(" "),
  };
}

test("a message waits while the line is down and is on its way when it is up", () => {
  const { box, states } = outbox();
  box.add("1", "a", 0);
  assert.equal(states(), "1:waiting");
  box.connection(true);
  box.add("2", "b", 0);
  assert.equal(states(), "1:sending 2:sending");
  box.connection(false);
  assert.equal(states(), "1:waiting 2:waiting");
});

test("the room's copy takes a message out, whether it comes before or after the acknowledgement", () => {
  const { box, states } = outbox();
  box.connection(true);
  box.add("1", "a", 0);
  box.add("2", "b", 0);
  assert.equal(box.remove("1"), true);
  box.stored("1");
  box.stored("2");
  assert.equal(states(), "2:stored");
  box.remove("2");
  assert.equal(states(), "");
  assert.equal(box.remove("2"), false);
});

test("a failed message keeps its reason, its place and its id, and can be tried again", () => {
  const { box, states } = outbox();
  box.connection(true);
  box.add("1", "a", 0);
  box.add("2", "b", 0);
  box.failed("1", "forbidden");
  assert.equal(states(), "1:failed:forbidden 2:sending");
  box.connection(false);
  assert.equal(states(), "1:failed:forbidden 2:waiting");
  box.again("1");
  assert.equal(states(), "1:waiting 2:waiting");
});

test("a new epoch forgets what the old one acknowledged, and keeps what is still on its way", () => {
  const { box, states } = outbox();
  box.add("1", "a", 0);
  box.add("2", "b", 0);
  box.stored("1");
  box.forgetStored();
  assert.equal(states(), "2:waiting");
});
