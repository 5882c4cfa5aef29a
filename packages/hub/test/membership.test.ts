import assert from "node:assert/strict";
import { test } from "node:test";
import { Membership, type Receiver } from "../src/membership.ts";
import type { Taken } from "../src/outbound-queue.ts";
import { outgoing } from "../src/transport.ts";
import { at } from "./support/messages.ts";

function listening() {
  const heard: string[] = [];
  const kept: string[] = [];
  const state = { taken: "taken" as Taken, resumes: [] as (() => void)[] };
  const receiver: Receiver = {
    deliver: (message) => void heard.push(message.text),
    deliverEphemeral: (message) => void heard.push(message.text),
    deliverStored: (lane, message, position) => {
      if (state.taken !== "taken") return state.taken;
      heard.push(message.text);
      lane.position = position;
      return "taken";
    },
    whenFree: (resume) => void state.resumes.push(resume),
    giveUp: () => void heard.push("given up"),
  };
  const keep = (what: string) => () => void kept.push(what);
  const spill = { begin: keep("begin"), resume: keep("resume"), end: keep("end") };
  const membership = new Membership({
    session: { id: "s", isReader: false, actor: { session: "s" } },
    member: { session: "s", since: 0 },
    room: "a",
    rules: { slow: "spill", slowBytes: 1_000 },
    spill,
  });
  const store = (...offsets: number[]): void => {
    for (const offset of offsets) membership.deliverStored(outgoing(String(offset)), at(offset));
  };
  return { membership, heard, kept, receiver, state, store };
}

test("contract 2: a live message that the replay had is not delivered again; the next one is", () => {
  const { membership, heard, receiver, store } = listening();
  membership.goLive(receiver, at(5));
  store(4, 5, 6, 7);
  assert.deepEqual(heard, ["6", "7"]);
});

test("a new epoch is not held against the replay of the old one", () => {
  const { membership, heard, receiver } = listening();
  membership.goLive(receiver, at(5));
  membership.deliverStored(outgoing("1"), at(1, "t1", "f"));
  assert.deepEqual(heard, ["1"]);
});

test("without a receiver messages pass by; a join on its way is forgotten with the connection", () => {
  const { membership, heard, receiver } = listening();
  membership.goLive(receiver, at(0));
  membership.pause();
  membership.deliver(outgoing("a"));
  membership.deliverEphemeral(outgoing("b"));
  membership.expectReturn();
  assert.deepEqual([membership.isLive, membership.isReturning], [false, true]);
  assert.throws(() => membership.position, /a member of a that is not live/);
  membership.detach();
  assert.deepEqual([membership.isReturning, heard], [false, []]);
});

test("contract 8: who spills gets no live message until it has read as far as the node stands, and none twice", () => {
  const { membership, heard, kept, receiver, state, store } = listening();
  membership.goLive(receiver, at(0));
  store(1);
  state.taken = "spilled";
  store(2, 3);
  assert.deepEqual([membership.isSpilled, membership.position, kept], [true, at(1), ["begin"]]);
  state.taken = "taken";
  state.resumes.shift()?.();
  assert.deepEqual([kept, state.resumes], [["begin", "resume"], []]);
  for (const offset of [2, 3, 4]) assert.ok(membership.catchUpWith(outgoing(`read ${offset}`), at(offset)));
  membership.levelWith(at(4));
  store(3, 4, 5);
  assert.deepEqual([heard, kept.at(-1), membership.isSpilled], [["1", "read 2", "read 3", "read 4", "5"], "end", false]);
});

test("contract 8: whatever ends the stay ends the reading: a join, a lost connection, a told loss", () => {
  for (const [how, end] of [
    ["join", (m: Membership, receiver: Receiver) => m.goLive(receiver, at(9))],
    ["detach", (m: Membership) => m.detach()],
    ["loss", (m: Membership) => m.deliverLoss(outgoing("lost"), at(9))],
  ] as const) {
    const { membership, kept, receiver, state, store } = listening();
    membership.goLive(receiver, at(0));
    state.taken = "spilled";
    store(1);
    end(membership, receiver);
    assert.deepEqual([membership.isSpilled, kept], [false, ["begin", "end"]], how);
    for (const resume of state.resumes) resume();
    assert.deepEqual(kept, ["begin", "end"], `${how}: nothing is read for who is gone`);
  }
});
