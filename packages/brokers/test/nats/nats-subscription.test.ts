import assert from "node:assert/strict";
import { test } from "node:test";
import { Ear } from "@openline/hub/testing";
import { FakeClock } from "@openline/testkit";
import type { StoredText } from "../../src/nats/jetstream.ts";
import type { NatsMessage } from "../../src/nats/nats-session.ts";
import { NatsSubscription } from "../../src/nats/nats-subscription.ts";
import type { RoomStream } from "../../src/nats/room-stream.ts";

const seat = { members: [], enter: () => {}, exit: () => {}, close: () => {} };
const textAt = (seq: number): string => `t${seq} 1 - ${seq}`;

/** A message as JetStream republishes it. */
function live(seq: number, last: number): NatsMessage {
  const headers: Record<string, string> = { "Nats-Sequence": String(seq), "Nats-Last-Sequence": String(last) };
  return { text: textAt(seq), reply: undefined, header: (name) => headers[name] ?? "", isUnheard: false };
}

class Bench {
  readonly clock = new FakeClock();
  readonly ear = new Ear();
  last: StoredText | undefined;
  stream = { epoch: "e", after: 0, firstSeq: 1, maxAgeMs: 1_000_000, saw: () => {} };
  readonly subscription = new NatsSubscription(
    { clock: this.clock, stream: this.stream as unknown as RoomStream, last: async () => this.last, close: () => {} },
    this.ear,
    seat,
  );

  get previous(): (number | null | undefined)[] {
    return this.ear.messages.map(({ previous }) => (previous === undefined || previous === null ? previous : previous.offset));
  }

  async check(): Promise<string[]> {
    const checked = this.subscription.check();
    await this.clock.advanceAsync(50);
    await checked;
    return this.ear.events.splice(0);
  }
}

async function at(seq: number): Promise<Bench> {
  const bench = new Bench();
  if (seq > 0) bench.last = { seq, text: textAt(seq) };
  await bench.subscription.start();
  return bench;
}

test("contract 1: a message links to the one that JetStream names, where this node knows it, and to nothing else", async () => {
  const bench = await at(0);
  for (const [seq, last] of [
    [3, 0],
    [7, 3],
    [12, 9],
    [13, 12],
  ] as const)
    bench.subscription.hear(live(seq, last));
  assert.deepEqual(bench.previous, [null, 3, undefined, 12]);
});

test("what came while the subscription began is told afterwards, if its top does not cover it", async () => {
  const bench = new Bench();
  for (const [seq, last] of [
    [4, 3],
    [5, 4],
    [6, 5],
  ] as const)
    bench.subscription.hear(live(seq, last));
  bench.last = { seq: 5, text: textAt(5) };
  await bench.subscription.start();
  assert.deepEqual([bench.subscription.top.offset, bench.ear.contents, bench.previous], [5, ["6"], [5]]);
});

test("a check finds the last message that was lost, once, and gives a live one its time", async () => {
  const bench = await at(5);
  assert.deepEqual(await bench.check(), []);
  bench.last = { seq: 6, text: textAt(6) };
  const checked = bench.subscription.check();
  bench.subscription.hear(live(6, 5));
  await bench.clock.advanceAsync(50);
  await checked;
  assert.deepEqual(bench.ear.events, []);
  bench.last = { seq: 8, text: textAt(8) };
  assert.deepEqual([await bench.check(), await bench.check()], [["insufficient"], []]);
});

test("contract 2: the same number with another tag is another history; so is a top that is gone though its time is not over", async () => {
  const bench = await at(5);
  bench.last = { seq: 5, text: "other 1 - 5" };
  assert.deepEqual(await bench.check(), ["insufficient"]);
  bench.last = undefined;
  assert.deepEqual(await bench.check(), ["insufficient"]);
});

test("a room whose messages have all expired stands where it stood, and its next message follows", async () => {
  const bench = await at(5);
  bench.last = undefined;
  bench.stream.firstSeq = 9;
  assert.deepEqual(await bench.check(), []);
  bench.subscription.hear(live(20, 0));
  assert.deepEqual(bench.previous, [5]);
  bench.clock.advance(2_000_000);
  bench.subscription.hear(live(30, 0));
  assert.deepEqual(bench.previous, [5, undefined], "after so long without a look something may have come and gone");
});

test("contract 2: a new epoch is told once; the last words of the old one are not", async () => {
  const bench = await at(5);
  bench.stream.epoch = "f";
  bench.stream.after = 8;
  bench.subscription.rotated("f");
  bench.subscription.rotated("f");
  bench.subscription.hear(live(7, 5));
  bench.subscription.hear(live(9, 7));
  assert.deepEqual([bench.ear.events, bench.ear.contents, bench.previous], [["insufficient"], ["9"], [null]]);
});

test("a read that failed leaves doubt until the room was looked at", async () => {
  const bench = await at(5);
  bench.subscription.doubt();
  assert.deepEqual([await bench.check(), await bench.check()], [["insufficient"], []]);
  bench.subscription.close();
  bench.subscription.hear(live(6, 5));
  assert.equal(bench.ear.messages.length, 0);
});
