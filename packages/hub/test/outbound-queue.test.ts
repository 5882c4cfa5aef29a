import assert from "node:assert/strict";
import { test } from "node:test";
import { zeroCounters } from "../src/counters.ts";
import { OutboundLane } from "../src/outbound-lane.ts";
import { OutboundQueue } from "../src/outbound-queue.ts";
import { Replay } from "../src/replay.ts";
import type { SlowPolicy } from "../src/rules.ts";
import { type OutgoingMessage, outgoing } from "../src/transport.ts";
import { at, run } from "./support/messages.ts";

/** A transport with room for so many messages. */
function narrow(room: number) {
  const sent: string[] = [];
  const transport = {
    kind: "test",
    room,
    send: (message: OutgoingMessage) => {
      sent.push(message.text);
      return --transport.room > 0;
    },
    close: () => {},
  };
  return { transport, sent };
}

const compose = (message: { content: string }): OutgoingMessage => outgoing(message.content);

test("contract 8: nothing waits here while the transport has room, everything does once it has not", () => {
  const { transport, sent } = narrow(2);
  const queue = new OutboundQueue(transport, 100, zeroCounters());
  for (const text of ["a", "b", "c", "é"]) assert.ok(queue.push(outgoing(text)));
  assert.deepEqual([sent, queue.bytes], [["a", "b"], 3]);
  transport.room = 1;
  queue.drained();
  assert.deepEqual([sent, queue.bytes], [["a", "b", "c"], 2]);
});

test("contract 8: the cap counts bytes; a single message is always taken into an empty queue", () => {
  const { transport } = narrow(1);
  const queue = new OutboundQueue(transport, 10, zeroCounters());
  queue.push(outgoing("sent"));
  assert.ok(queue.push(outgoing("x".repeat(50))));
  assert.ok(!queue.push(outgoing("y")));
  const fresh = new OutboundQueue(narrow(1).transport, 10, zeroCounters());
  fresh.push(outgoing("sent"));
  assert.ok(fresh.push(outgoing("12345")) && fresh.push(outgoing("67890")) && !fresh.push(outgoing("1")));
});

test("contract 2: what comes after a replay began is sent after its last message", () => {
  const { transport, sent } = narrow(3);
  const queue = new OutboundQueue(transport, 100, zeroCounters());
  queue.push(outgoing("joined"));
  queue.pushReplay(new Replay(run(1, 4), compose));
  queue.push(outgoing("live"));
  assert.deepEqual(sent, ["joined", '"data":1', '"data":2']);
  assert.ok(queue.isReplaying && !queue.isFree);
  transport.room = 2;
  queue.drained();
  assert.ok(queue.isReplaying);
  transport.room = 9;
  queue.drained();
  assert.deepEqual(sent, ["joined", '"data":1', '"data":2', '"data":3', '"data":4', "live"]);
  assert.ok(!queue.isReplaying);
});

test("a replay does not count against the cap, and is made into text only when there is room", () => {
  const { transport } = narrow(1);
  let composed = 0;
  const queue = new OutboundQueue(transport, 10, zeroCounters());
  queue.push(outgoing("joined"));
  queue.pushReplay(new Replay(run(1, 1000), (message) => (composed++, compose(message))));
  assert.deepEqual([composed, queue.bytes], [0, 0]);
  transport.room = 3;
  queue.drained();
  assert.equal(composed, 3);
});

test("order holds over thousands of messages and partial drains", () => {
  const { transport, sent } = narrow(1);
  const queue = new OutboundQueue(transport, 1_000_000, zeroCounters());
  for (let index = 0; index < 5_000; index++) {
    queue.push(outgoing(String(index)));
    if (index % 7 === 0) {
      transport.room = 5;
      queue.drained();
    }
  }
  transport.room = 10_000;
  queue.drained();
  assert.deepEqual(
    sent,
    Array.from({ length: 5_000 }, (_, index) => String(index)),
  );
  assert.equal(queue.bytes, 0);
});

test("a cleared queue holds nothing and sends nothing", () => {
  const { transport, sent } = narrow(1);
  const queue = new OutboundQueue(transport, 100, zeroCounters());
  queue.push(outgoing("a"));
  queue.push(outgoing("b"));
  queue.pushReplay(new Replay(run(1, 2), compose));
  queue.clear();
  transport.room = 9;
  queue.drained();
  assert.deepEqual([sent, queue.bytes, queue.isReplaying], [["a"], 0, false]);
});

/** A reader with room for one message, and a lane of the policy. Messages are ten bytes: their offset in ten digits. */
function slowReader(policy: SlowPolicy, { capBytes = 80, slowBytes = Number.POSITIVE_INFINITY } = {}) {
  const { transport, sent } = narrow(1);
  const counters = zeroCounters();
  const queue = new OutboundQueue(transport, capBytes, counters);
  const lane = new OutboundLane("a", { slow: policy, slowBytes }, at(0));
  const push = (offset: number, into = lane): string => queue.pushStored(into, outgoing(String(offset).padStart(10, "0")), at(offset));
  const drain = (room = Number.POSITIVE_INFINITY): void => {
    transport.room = room;
    queue.drained();
  };
  const heard = (): unknown[] =>
    sent.map((text) => {
      if (!text.startsWith("{")) return Number.isNaN(Number(text)) ? text : Number(text);
      const gap = JSON.parse(text) as { count: number; position: string };
      return `${gap.count} to ${gap.position}`;
    });
  return { queue, lane, push, drain, heard, counters };
}

test("contract 8: drop-oldest keeps the newest that fit, and one gap stands in the place of those before", () => {
  const { push, drain, heard, queue, counters } = slowReader("drop-oldest");
  for (let offset = 1; offset <= 20; offset++) assert.equal(push(offset), "taken");
  assert.ok(queue.bytes <= 70, "an eighth of the cap is left to answers");
  drain(3);
  assert.deepEqual(heard(), [1, "12 to e.13.t13", 14, 15]);
  for (let offset = 21; offset <= 23; offset++) push(offset);
  drain();
  assert.deepEqual(heard(), [1, "12 to e.13.t13", 14, 15, "1 to e.16.t16", 17, 18, 19, 20, 21, 22, 23]);
  assert.deepEqual([counters.policies["drop-oldest"], queue.bytes], [{ times: 2, messages: 13 }, 0]);
});

test("contract 8: latest lets one message wait, the newest, and the gap before it counts the others", () => {
  const { push, drain, heard, queue } = slowReader("latest");
  for (let offset = 1; offset <= 9; offset++) push(offset);
  assert.equal(queue.bytes, 10);
  drain();
  push(10);
  assert.deepEqual(heard(), [1, "7 to e.8.t8", 9, 10]);
});

test("contract 8: disconnect and spill do not take what does not fit, and leave what waits as it is", () => {
  for (const [policy, taken] of [
    ["disconnect", "too-slow"],
    ["spill", "spilled"],
  ] as const) {
    const { push, drain, heard, lane } = slowReader(policy);
    const outcomes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((offset) => push(offset));
    const fitting = policy === "disconnect" ? 9 : 8;
    assert.deepEqual(outcomes.indexOf(taken), fitting);
    assert.deepEqual(lane.position, at(fitting), "the position is that of the last one taken");
    drain();
    assert.deepEqual(heard(), [1, 2, 3, 4, 5, 6, 7, 8, 9].slice(0, fitting));
  }
});

test("contract 8: a room's own cap bounds what waits of it, whatever the connection may have, and leaves other rooms alone", () => {
  for (const [policy, end, counted] of [
    ["disconnect", "too-slow", { times: 1, messages: 0 }],
    ["spill", "spilled", { times: 0, messages: 0 }],
    ["drop-oldest", "taken", { times: 1, messages: 1 }],
  ] as const) {
    const { push, queue, counters } = slowReader(policy, { capBytes: 1_000, slowBytes: 25 });
    const other = new OutboundLane("b", { slow: policy, slowBytes: 1_000 }, at(0));
    for (let offset = 1; offset <= 3; offset++) assert.equal(push(offset), "taken");
    assert.equal(push(4), end);
    for (let offset = 1; offset <= 20; offset++) assert.equal(push(offset, other), "taken");
    assert.deepEqual([queue.bytes, counters.policies[policy]], [220, counted], policy);
  }
});

test("contract 8: ephemeral messages go first, the oldest before the others, and new ones do not wait where there is no room", () => {
  const { queue, push, drain, heard, counters } = slowReader("drop-oldest");
  push(1);
  for (const text of ["typing 1..", "typing 2.."]) queue.pushEphemeral(outgoing(text));
  for (let offset = 2; offset <= 7; offset++) push(offset);
  queue.pushEphemeral(outgoing("typing 3.."));
  drain();
  assert.deepEqual(heard(), [1, "typing 2..", 2, 3, 4, 5, 6, 7]);
  assert.deepEqual([counters.droppedEphemerals, counters.policies["drop-oldest"].messages], [2, 0]);
});

test("contract 8: where another room has taken the space, a new message is left out with a word", () => {
  const { queue, push, drain, heard } = slowReader("drop-oldest");
  const other = new OutboundLane("b", { slow: "drop-oldest", slowBytes: 1_000 }, at(0));
  for (let offset = 1; offset <= 8; offset++) push(offset);
  push(21, other);
  push(22, other);
  assert.equal(queue.bytes, 70);
  drain();
  push(23, other);
  assert.deepEqual(heard(), [1, 2, 3, 4, 5, 6, 7, 8, "2 to e.22.t22", 23]);
});

test("contract 8: answers still fit where rooms are at their bound, and are too slow only at the cap itself", () => {
  const { queue, push } = slowReader("spill");
  for (let offset = 1; offset <= 20; offset++) push(offset);
  assert.ok(queue.push(outgoing("pong......")));
  assert.ok(!queue.push(outgoing("x")));
});

test("a reader that stands still does not collect the places of what was dropped", () => {
  const { queue, push, drain, heard } = slowReader("drop-oldest");
  for (let offset = 1; offset <= 100_000; offset++) push(offset);
  assert.ok(queue.places < 200, String(queue.places));
  drain();
  assert.deepEqual(heard().slice(0, 3), [1, "99992 to e.99993.t99993", 99_994]);
});
