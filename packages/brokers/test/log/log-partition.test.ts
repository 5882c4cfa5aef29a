import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Applied, LogPartition } from "../../src/log/log-partition.ts";
import type { LogRecord } from "../../src/log/log-session.ts";
import { type LogEntry, writeEntry } from "../../src/log/log-text.ts";

const retention = { messages: 100, bytes: 1_000_000, ageMs: 1e9 };
const windowMs = 1_000;

function publish(id: string, more: Partial<Extract<LogEntry, { type: "publish" }>> = {}): LogEntry {
  return { type: "publish", id, room: "r", tag: `t${id}`, time: 0, retention, idempotency: undefined, content: id, ...more };
}

/** A partition that has read these, from an offset on. */
function read(entries: readonly LogEntry[], first = 0, warmMs = windowMs): { partition: LogPartition; applied: (Applied | undefined)[] } {
  const partition = new LogPartition({ isWhole: first === 0, first, warmMs });
  const applied = entries.map((entry, index) => partition.apply({ offset: first + index, text: writeEntry(entry) }));
  return { partition, applied };
}

const contents = (partition: LogPartition, room = "r"): string[] =>
  partition.read(room, { offset: 0 }, 0).messages.map(({ content }) => content);
const outcomes = (applied: readonly (Applied | undefined)[]): string[] =>
  applied.flatMap((one) => (one?.type === "decided" ? [one.outcome.outcome] : []));

test("contract 1: a message stands where its record stands, and names the one before", () => {
  const { partition } = read([{ type: "candidate", epoch: "e" }, publish("a"), publish("x", { room: "other" }), publish("b")]);
  const { messages, top, floor } = partition.read("r", { offset: 0 }, 0);
  assert.deepEqual(
    messages.map(({ position, previous }) => [position, previous]),
    [
      [{ epoch: "e", offset: 1, tag: "ta" }, null],
      [
        { epoch: "e", offset: 3, tag: "tb" },
        { epoch: "e", offset: 1, tag: "ta" },
      ],
    ],
  );
  assert.deepEqual([top.offset, floor], [3, 1]);
  assert.deepEqual(
    partition.rooms(0).map(({ room, messages: count }) => [room, count]),
    [
      ["r", 2],
      ["other", 1],
    ],
  );
});

test("contract 3: what repeats an id within its window is out of history and links", () => {
  const idempotency = { key: "k", fingerprint: "f", windowMs };
  const { partition, applied } = read([
    { type: "candidate", epoch: "e" },
    publish("a", { idempotency }),
    publish("b", { idempotency, time: windowMs - 1 }),
    publish("c", { idempotency: { ...idempotency, fingerprint: "g" } }),
    publish("d", { idempotency, room: "other" }),
    publish("e", { idempotency, time: windowMs }),
  ]);
  assert.deepEqual(outcomes(applied), ["stored", "duplicate", "conflict", "stored", "stored"]);
  assert.deepEqual(contents(partition), ["a", "e"]);
  assert.equal(partition.read("r", { newest: 1 }, 0).messages[0]?.previous?.offset, 1);
});

test("the first proposal makes the epoch; a rotation ends it once, and what is said of an old one is not believed", () => {
  const { partition, applied } = read([
    { type: "candidate", epoch: "one" },
    { type: "candidate", epoch: "other" },
    publish("a"),
    { type: "rotate", from: "never", to: "x" },
    { type: "rotate", from: "one", to: "two" },
    { type: "rotate", from: "one", to: "three" },
    { type: "known", epoch: "one" },
    publish("b"),
  ]);
  assert.equal(partition.epoch, "two");
  assert.deepEqual(
    applied.filter((one) => one?.type === "rotated"),
    [{ type: "rotated", epoch: "two" }],
  );
  assert.deepEqual([contents(partition), partition.read("r", { newest: 1 }, 0).messages[0]?.previous], [["b"], null]);
});

test("contract 2: who begins amid the log claims nothing of what it has not read", () => {
  const { partition } = read(
    [publish("a", { time: 0 }), { type: "known", epoch: "e" }, publish("b", { time: windowMs }), publish("c", { time: windowMs })],
    10,
  );
  assert.deepEqual(contents(partition), ["b", "c"], "what may be a repetition is left out");
  const [first] = partition.read("r", { offset: 0 }, 0).messages;
  assert.deepEqual([first?.previous, first?.after], [undefined, { epoch: "e", offset: 10, tag: "f" }]);
  assert.deepEqual(partition.read("unseen", { newest: 0 }, 0).top, { epoch: "e", offset: 10, tag: "f" });
});

test("a proposal that did not win, read first by who begins amid the log, gives way to the epoch that holds", () => {
  const { partition, applied } = read(
    [{ type: "candidate", epoch: "loser" }, publish("a"), { type: "known", epoch: "e" }, publish("b", { time: windowMs })],
    10,
  );
  assert.equal(partition.epoch, "e");
  assert.equal(applied[2]?.type, "rotated");
  assert.deepEqual(
    partition.read("r", { offset: 0 }, 0).messages.map(({ content, after }) => [content, after?.tag]),
    [["b", "f"]],
  );
});

test("a room that nobody follows is forgotten after a day, and from then on nobody is told that it never had a message", () => {
  const { partition } = read([{ type: "candidate", epoch: "e" }, publish("a", { retention: { ...retention, ageMs: 1 } })]);
  partition.sweep(90_000_000, () => true);
  assert.equal(partition.read("r", { newest: 0 }, 0).top.offset, 1);
  partition.sweep(90_000_000, () => false);
  for (const room of ["r", "unseen"]) assert.deepEqual(partition.read(room, { newest: 0 }, 0).top, { epoch: "e", offset: 1, tag: "f" });
});

test("a record that no node of ours wrote is passed over", () => {
  const { partition } = read([{ type: "candidate", epoch: "e" }]);
  assert.equal(partition.apply({ offset: 7, text: "?" }), undefined);
  assert.equal(partition.last?.offset, 7);
});

test("contract 3 and 4: whoever reads the log decides the same, wherever it began", () => {
  const entry = fc.oneof(
    { weight: 8, arbitrary: fc.record({ key: fc.nat(9), fingerprint: fc.nat(1), step: fc.nat(300), plain: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constantFrom("rotate" as const, "known" as const, "candidate" as const) },
  );
  fc.assert(
    fc.property(fc.array(entry, { minLength: 5, maxLength: 60 }), fc.nat(59), (steps, start) => {
      let [time, epoch, count] = [0, "e0", 0];
      // A client repeats a publish a few times, not for ever.
      const uses = new Map<number, number>();
      const entries: LogEntry[] = [{ type: "candidate", epoch }];
      for (const step of steps) {
        if (step === "rotate") entries.push({ type: "rotate", from: epoch, to: (epoch = `e${++count}`) });
        else if (step === "known") entries.push({ type: "known", epoch });
        else if (step === "candidate") entries.push({ type: "candidate", epoch: `late${++count}` });
        else {
          time += step.step;
          const use = uses.get(step.key) ?? 0;
          uses.set(step.key, use + 1);
          const idempotency = { key: `k${step.key} ${Math.floor(use / 3)}`, fingerprint: `f${step.fingerprint}`, windowMs };
          entries.push(publish(`p${entries.length}`, { time, idempotency: step.plain ? undefined : idempotency }), {
            type: "known",
            epoch,
          });
        }
      }
      const records: LogRecord[] = entries.map((one, index) => ({ offset: index, text: writeEntry(one) }));
      const whole = new LogPartition({ isWhole: true });
      const first = Math.min(start, records.length - 1);
      const part = new LogPartition({ isWhole: first === 0, first, warmMs: 3 * windowMs });
      for (const record of records) whole.apply(record);
      for (const record of records.slice(first)) part.apply(record);
      const [all, some] = [whole, part].map((one) => one.read("r", { offset: 0 }, time).messages);
      // Every message that the late one serves is one of the log's, in its place; the links of the first apart, which it may not know.
      assert.deepEqual(some?.slice(1), all?.slice(all.length - (some?.length ?? 0)).slice(1));
      if (some?.[0] !== undefined) assert.ok(all?.some(({ position }) => JSON.stringify(position) === JSON.stringify(some[0]?.position)));
      const begins = all?.find(({ position }) => position.offset === some?.[0]?.position.offset)?.previous;
      if (some?.[0]?.previous === null) assert.equal(begins, null, "only the first of an epoch has none before it");
    }),
    { numRuns: 500 },
  );
});
