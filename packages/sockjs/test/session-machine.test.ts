import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { encodeMessage } from "../src/frames.ts";
import { SessionMachine } from "../src/session-machine.ts";

const times = { heartbeatMs: 25_000, replyMs: 0, disconnectMs: 5_000 };
const acknowledged = { heartbeatMs: 20_000, replyMs: 10_000, disconnectMs: 5_000 };

/** All frames that a receiver gets now. */
function frames(machine: SessionMachine, now = 0): string[] {
  const got: string[] = [];
  for (let frame = machine.next(now); frame !== undefined; frame = machine.next(now)) {
    got.push(frame.text);
    if (frame.last) {
      machine.detach(now);
      break;
    }
  }
  return got;
}

function opened(with_ = times, maxQueuedBytes = 1000): SessionMachine {
  const machine = new SessionMachine(with_, maxQueuedBytes);
  machine.attach(0);
  assert.deepEqual(frames(machine), ["o"]);
  return machine;
}

test("the first frame is o, at once (facts §5)", () => {
  const machine = new SessionMachine(times, 1000);
  assert.equal(machine.phase, "connecting");
  assert.equal(machine.next(0), undefined);
  assert.ok(machine.attach(0));
  assert.deepEqual(frames(machine), ["o"]);
  assert.equal(machine.phase, "open");
});

test("a second receiver is refused while one is there, and the first is untouched (facts §5)", () => {
  const machine = opened();
  assert.equal(machine.attach(1), false);
  machine.write(encodeMessage("a"), 1);
  assert.deepEqual(frames(machine), ['a["a"]']);
});

test("what waits without a receiver goes to the next one in one frame (facts §5)", () => {
  const machine = opened();
  machine.detach(0);
  for (const text of ["a", "b"]) assert.equal(machine.write(encodeMessage(text), 1), "taken");
  assert.equal(machine.queuedBytes, 6);
  machine.attach(2);
  assert.deepEqual(frames(machine), ['a["a","b"]']);
  assert.equal(machine.queuedBytes, 0);
});

test("a session without a receiver is gone after the disconnect delay, not before (facts §5)", () => {
  const machine = opened();
  machine.detach(1000);
  assert.equal(machine.deadline, 6000);
  machine.tick(5999);
  assert.equal(machine.phase, "open");
  machine.tick(6000);
  assert.deepEqual([machine.phase, machine.end?.code], ["gone", 1006]);
  assert.equal(machine.deadline, undefined);
});

test("a receiver that comes back in time stops that clock", () => {
  const machine = opened();
  machine.detach(1000);
  machine.attach(5999);
  machine.tick(6000);
  assert.equal(machine.phase, "open");
});

test("a lost receiver ends an open session at once, and not a closing one (facts §5)", () => {
  const lost = { code: 1006, reason: "lost" };
  const machine = opened();
  machine.detach(1, lost);
  assert.deepEqual([machine.phase, machine.end], ["gone", lost]);
  const closing = opened();
  closing.close({ code: 3000, reason: "Go away!" }, 1);
  closing.detach(2, lost);
  assert.equal(closing.phase, "closing");
});

test("after the close every receiver gets what waited, then the close frame, until the delay is over (facts §5)", () => {
  const machine = opened();
  machine.detach(0);
  machine.write(encodeMessage("last"), 0);
  assert.ok(machine.close({ code: 3000, reason: "Go away!" }, 0));
  assert.equal(machine.close({ code: 1000, reason: "again" }, 0), false);
  assert.equal(machine.write(encodeMessage("late"), 0), "closed");
  assert.deepEqual(machine.receive(["late"]), []);
  machine.attach(1);
  assert.deepEqual(frames(machine, 1), ['a["last"]', 'c[3000,"Go away!"]']);
  machine.attach(2);
  assert.deepEqual(frames(machine, 2), ['c[3000,"Go away!"]']);
  machine.tick(5000);
  assert.equal(machine.phase, "gone");
  assert.equal(machine.end?.code, 3000);
});

test("over the cap of what may wait the session closes with 1008; one message alone is always taken", () => {
  const machine = opened(times, 10);
  machine.detach(0);
  assert.equal(machine.write(encodeMessage("x".repeat(100)), 0), "taken");
  assert.equal(machine.write(encodeMessage("y"), 0), "overflow");
  assert.equal(machine.queuedBytes, 0);
  machine.attach(1);
  assert.deepEqual(frames(machine, 1), ['c[1008,"Too many messages are waiting"]']);
});

test("h comes an interval after the receiver, and again; data does not postpone it (facts §10)", () => {
  const machine = opened();
  machine.write(encodeMessage("a"), 20_000);
  assert.deepEqual(frames(machine, 20_000), ['a["a"]']);
  machine.tick(24_999);
  assert.deepEqual(frames(machine, 24_999), []);
  for (const now of [25_000, 50_000]) {
    machine.tick(now);
    assert.deepEqual(frames(machine, now), ["h"]);
  }
});

test("without acknowledgement h of a client is a message like any other", () => {
  assert.deepEqual(opened().receive(["h"]), ["h"]);
});

test("S: h every 20 s; a client that does not answer within 10 s is cut with 3000 (facts §10)", () => {
  const machine = opened(acknowledged);
  machine.tick(20_000);
  assert.deepEqual(frames(machine, 20_000), ["h"]);
  assert.equal(machine.deadline, 30_000);
  machine.tick(29_999);
  assert.equal(machine.phase, "open");
  machine.tick(30_000);
  assert.deepEqual(frames(machine, 30_000), ['c[3000,"No response from heartbeat"]']);
});

for (const reply of [["h"], [], ["x", "h"], ["h", "h"]]) {
  test(`S: ${JSON.stringify(reply)} is an answer, and h never reaches the application`, () => {
    const machine = opened(acknowledged);
    machine.tick(20_000);
    frames(machine, 20_000);
    assert.deepEqual(
      machine.receive(reply),
      reply.filter((text) => text !== "h"),
    );
    machine.tick(30_000);
    assert.equal(machine.phase, "open");
  });
}

test("S: another message is no answer", () => {
  const machine = opened(acknowledged);
  machine.tick(20_000);
  frames(machine, 20_000);
  assert.deepEqual(machine.receive(["x"]), ["x"]);
  machine.tick(30_000);
  assert.equal(machine.phase, "closing");
});

test("S: an answer that nobody asked for, as the prelude of a stream makes clients send, is swallowed", () => {
  assert.deepEqual(opened(acknowledged).receive(["h"]), []);
});

test("S: the wait begins when h is really written, and outlives the poll that carried it", () => {
  const machine = opened(acknowledged);
  machine.tick(20_000);
  assert.equal(machine.deadline, 40_000, "h waits for the receiver to take it");
  assert.deepEqual(frames(machine, 22_000), ["h"]);
  machine.detach(22_000);
  machine.attach(22_001);
  machine.tick(31_999);
  assert.equal(machine.phase, "open");
  machine.tick(32_000);
  assert.equal(machine.phase, "closing");
});

test("S: the oldest heartbeat without an answer counts: later ones do not put the end off", () => {
  const machine = opened({ heartbeatMs: 1000, replyMs: 2500, disconnectMs: 5000 });
  for (const now of [1000, 2000, 3000]) {
    machine.tick(now);
    assert.deepEqual(frames(machine, now), ["h"]);
  }
  machine.tick(3499);
  assert.equal(machine.phase, "open");
  machine.tick(3500);
  assert.equal(machine.phase, "closing");
});

test("in any order of calls frames come in order, nothing is delivered twice, and nothing follows gone", () => {
  const step = fc.oneof(
    fc.record({ act: fc.constant("write" as const) }),
    fc.record({ act: fc.constantFrom("attach", "detach", "pull", "lost", "close") }),
    fc.record({ act: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 7000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const machine = new SessionMachine(acknowledged, 1_000_000);
      let [now, written] = [0, 0];
      const got: string[] = [];
      for (const one of steps) {
        const wasGone = machine.phase === "gone";
        if (one.act === "write" && machine.write(encodeMessage(String(written)), now) === "taken") written++;
        if (one.act === "attach") machine.attach(now);
        if (one.act === "detach") machine.detach(now);
        if (one.act === "lost") machine.detach(now, { code: 1006, reason: "" });
        if (one.act === "close") machine.close({ code: 1000, reason: "" }, now);
        if ("ms" in one) now += one.ms;
        machine.tick(now);
        if (one.act === "pull") got.push(...frames(machine, now));
        assert.ok(!wasGone || machine.phase === "gone");
        assert.ok(machine.phase !== "gone" || (machine.deadline === undefined && machine.queuedBytes === 0));
      }
      const messages = got.filter((text) => text.startsWith("a")).flatMap((text) => JSON.parse(text.slice(1)));
      assert.deepEqual(
        messages,
        Array.from({ length: messages.length }, (_, index) => String(index)),
      );
      assert.equal(got.indexOf("o"), got.length > 0 && got[0] === "o" ? 0 : -1);
    }),
  );
});
