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
function live(seq: number, last: number, epoch = "e"): NatsMessage {
  const headers: Record<string, string> = { "Nats-Sequence": String(seq), "Nats-Last-Sequence": String(last) };
  return { subject: `p.d.${epoch}.room`, text: textAt(seq), reply: undefined, header: (name) => headers[name] ?? "", isUnheard: false };
}

class Bench {
  readonly clock = new FakeClock();
  readonly ear = new Ear();
  last: StoredText | undefined;
  stream = { epoch: "e", firstSeq: 1, maxAgeMs: 1_000_000, saw: () => {} };
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
  bench.subscription.rotated("f");
  bench.subscription.rotated("f");
  bench.subscription.hear(live(7, 5));
  bench.subscription.hear(live(9, 0, "f"));
  assert.deepEqual([bench.ear.events, bench.ear.contents, bench.previous], [["insufficient"], ["9"], [null]]);
});

test("contract 2: what another node stored in a new epoch is not told as one of the old before this node has heard of its end", async () => {
  const bench = await at(108);
  bench.subscription.hear(live(42, 0, "f"));
  bench.subscription.hear(live(43, 42, "f"));
  assert.deepEqual(bench.ear.messages, []);
  bench.stream.epoch = "f";
  bench.subscription.rotated("f");
  bench.subscription.hear(live(44, 43, "f"));
  assert.deepEqual([bench.ear.events, bench.ear.contents, bench.previous], [["insufficient"], ["44"], [undefined]]);
});

test("contract 2: a message at or below what was heard follows nothing, and so does one of a room that is empty since NATS was away", async () => {
  const bench = await at(0);
  bench.subscription.hear(live(108, 0));
  bench.subscription.hear(live(42, 0));
  bench.subscription.hear(live(43, 108));
  bench.subscription.interrupted();
  bench.subscription.hear(live(120, 0));
  assert.deepEqual(bench.previous, [null, undefined, undefined, undefined]);
});

test("what the top covers may come behind the answer that told of it; after a newer message it is another history", async () => {
  const bench = await at(5);
  bench.subscription.hear(live(5, 4));
  bench.subscription.hear(live(6, 5));
  bench.subscription.hear(live(4, 3));
  assert.deepEqual(
    [bench.ear.contents, bench.previous],
    [
      ["6", "4"],
      [5, undefined],
    ],
  );
});

test("contract 2: an answer that was asked for in the old epoch says nothing of the new one", async () => {
  const bench = await at(5);
  const begun = new NatsSubscription(
    {
      clock: bench.clock,
      stream: bench.stream as unknown as RoomStream,
      last: async () => {
        const { last } = bench;
        if (bench.stream.epoch === "e") [bench.stream.epoch, bench.last] = ["f", { seq: 9, text: textAt(9) }];
        return await Promise.resolve(last);
      },
      close: () => {},
    },
    bench.ear,
    seat,
  );
  await begun.start();
  assert.deepEqual(begun.top, { epoch: "f", offset: 9, tag: "t9" });
});

test("a read that failed leaves doubt until the room was looked at", async () => {
  const bench = await at(5);
  bench.subscription.doubt();
  assert.deepEqual([await bench.check(), await bench.check()], [["insufficient"], []]);
  bench.subscription.close();
  bench.subscription.hear(live(6, 5));
  assert.equal(bench.ear.messages.length, 0);
});
