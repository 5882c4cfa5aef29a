import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { duplexPair, FakeClock, settle } from "@openline/testkit";
import { encodeTold, Line, type LineHandlers } from "../../src/workers/line.ts";

function pair(clock = new FakeClock(), near: Partial<LineHandlers> = {}, far: Partial<LineHandlers> = {}) {
  const [one, other] = duplexPair();
  const handlers: LineHandlers = { asked: () => null, told: () => {}, closed: () => {} };
  const here = new Line({ stream: one, clock, ...handlers, ...near });
  const there = new Line({ stream: other, clock, ...handlers, ...far });
  return { clock, here, there, one, other };
}

test("both ends ask and answer, in whatever order the answers come", async () => {
  let release = (): void => {};
  const { here, there } = pair(
    undefined,
    { asked: (topic) => `here ${topic}` },
    {
      asked: async (topic, json) =>
        topic === "slow" ? await new Promise((resolve) => (release = () => resolve("slow"))) : JSON.parse(json),
    },
  );
  const slow = here.ask("slow", null);
  assert.deepEqual(await Promise.all([here.ask("echo", { text: "日本" }), there.ask("who", 1)]), ['{"text":"日本"}', '"here who"']);
  release();
  assert.equal(await slow, '"slow"');
});

test("what is told comes in order with what is asked, to whom it is for", async () => {
  const heard: unknown[] = [];
  const { here } = pair(undefined, {}, { told: (...told) => heard.push(told), asked: (topic) => void heard.push(topic) });
  here.tell("a", 1);
  here.tellEncoded(7, encodeTold("b", { two: 2 }));
  await here.ask("c", null);
  assert.deepEqual(heard, [["a", "1", 0], ["b", '{"two":2}', 7], "c"]);
});

test("what the other end throws is thrown at whoever asked", async () => {
  const { here } = pair(
    undefined,
    {},
    {
      asked: () => {
        throw new TypeError("no such thing");
      },
    },
  );
  await assert.rejects(here.ask("x", null), /no such thing/);
});

test("a question without an answer is given up at its deadline, and each at its own", async () => {
  const { here, clock } = pair(undefined, {}, { asked: async () => await new Promise(() => {}) });
  const ends: string[] = [];
  const ask = async (name: string): Promise<void> => {
    await here.ask(name, null).catch((error: unknown) => ends.push((error as Error).message));
  };
  assert.equal(here.silentMs, 0);
  const first = ask("first");
  clock.advance(3_000);
  assert.equal(here.silentMs, 3_000);
  const second = ask("second");
  clock.advance(2_000);
  await first;
  assert.deepEqual(ends, ["no answer to first within 5000 ms"]);
  clock.advance(3_000);
  await second;
  assert.equal(ends.length, 2);
  assert.deepEqual([clock.pending, here.silentMs], [0, 0]);
});

test("the end of the stream ends the line once, with all that waits", async () => {
  let closed = 0;
  const { here, there, other, clock } = pair(undefined, { closed: () => closed++ }, { asked: async () => await new Promise(() => {}) });
  const waiting = assert.rejects(here.ask("x", null), { code: "unreachable" });
  await settle();
  other.destroy();
  await waiting;
  await settle();
  assert.deepEqual([closed, here.isClosed, there.isClosed, clock.pending], [1, true, true, 0]);
  here.tell("after", 1);
  await assert.rejects(here.ask("after", null), { code: "unreachable" });
  here.close();
  assert.equal(closed, 1);
});

test("bytes that are no frames end the line", async () => {
  const { here, other } = pair();
  other.write(Buffer.alloc(9));
  while (!here.isClosed) await settle();
});

test("an end that reads nothing is given up when too much waits for it", async () => {
  const [one, other] = duplexPair();
  other.on("error", () => {});
  const line = new Line({
    stream: one,
    clock: new FakeClock(),
    asked: () => null,
    told: () => {},
    closed: () => {},
    mostUnreadBytes: 1000,
  });
  line.tell("a", "x".repeat(500));
  assert.equal(one.destroyed, false);
  line.tell("a", "x".repeat(600));
  assert.equal(one.destroyed, true);
  other.destroy();
  await once(other, "close");
});
