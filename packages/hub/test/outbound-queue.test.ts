import assert from "node:assert/strict";
import { test } from "node:test";
import { OutboundQueue, Replay } from "../src/outbound-queue.ts";
import { type OutgoingMessage, outgoing } from "../src/transport.ts";
import { run } from "./support/messages.ts";

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
  const queue = new OutboundQueue(transport, 100);
  for (const text of ["a", "b", "c", "é"]) assert.ok(queue.push(outgoing(text)));
  assert.deepEqual([sent, queue.bytes], [["a", "b"], 3]);
  transport.room = 1;
  queue.drained();
  assert.deepEqual([sent, queue.bytes], [["a", "b", "c"], 2]);
});

test("contract 8: the cap counts bytes; a single message is always taken into an empty queue", () => {
  const { transport } = narrow(1);
  const queue = new OutboundQueue(transport, 10);
  queue.push(outgoing("sent"));
  assert.ok(queue.push(outgoing("x".repeat(50))));
  assert.ok(!queue.push(outgoing("y")));
  const fresh = new OutboundQueue(narrow(1).transport, 10);
  fresh.push(outgoing("sent"));
  assert.ok(fresh.push(outgoing("12345")) && fresh.push(outgoing("67890")) && !fresh.push(outgoing("1")));
});

test("contract 2: what comes after a replay began is sent after its last message", () => {
  const { transport, sent } = narrow(3);
  const queue = new OutboundQueue(transport, 100);
  queue.push(outgoing("joined"));
  queue.pushReplay(new Replay(run(1, 4), compose));
  queue.push(outgoing("live"));
  assert.deepEqual(sent, ["joined", '"data":1', '"data":2']);
  assert.ok(queue.isReplaying);
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
  const queue = new OutboundQueue(transport, 10);
  queue.push(outgoing("joined"));
  queue.pushReplay(new Replay(run(1, 1000), (message) => (composed++, compose(message))));
  assert.deepEqual([composed, queue.bytes], [0, 0]);
  transport.room = 3;
  queue.drained();
  assert.equal(composed, 3);
});

test("order holds over thousands of messages and partial drains", () => {
  const { transport, sent } = narrow(1);
  const queue = new OutboundQueue(transport, 1_000_000);
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
  const queue = new OutboundQueue(transport, 100);
  queue.push(outgoing("a"));
  queue.push(outgoing("b"));
  queue.pushReplay(new Replay(run(1, 2), compose));
  queue.clear();
  transport.room = 9;
  queue.drained();
  assert.deepEqual([sent, queue.bytes, queue.isReplaying], [["a"], 0, false]);
});
