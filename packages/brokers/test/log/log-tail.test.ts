import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Applied } from "../../src/log/log-partition.ts";
import type { LogSession } from "../../src/log/log-session.ts";
import { LogTail } from "../../src/log/log-tail.ts";
import { writeEntry } from "../../src/log/log-text.ts";
import { MemoryLog } from "../support/memory-log.ts";
import { until } from "../support/system-clock.ts";

const publish = (id: string): Parameters<LogTail["publish"]>[0] => ({
  type: "publish",
  id,
  room: "r",
  tag: `t${id}`,
  time: 1,
  retention: { messages: 100, bytes: 100_000, ageMs: 1e9 },
  idempotency: undefined,
  content: id,
});

let names = 0;

class Node {
  readonly heard: string[] = [];
  readonly tail: LogTail;
  readonly #log: MemoryLog;
  time = 1_000_000;

  constructor(log: MemoryLog) {
    this.#log = log;
    const node = `n${++names}`;
    this.tail = new LogTail({
      partition: 0,
      node,
      epoch: () => `e${++names}`,
      now: () => this.time,
      readBackMs: Number.POSITIVE_INFINITY,
      applied: (applied) => this.heard.push(textOf(applied)),
      pinned: () => ["r"],
      lost: () => this.heard.push("lost"),
    });
  }

  async connect(t: TestContext): Promise<LogSession> {
    const session = await this.#log.open({ signal: () => {}, lost: () => this.tail.down() }, AbortSignal.timeout(60_000));
    t.after(() => session.destroy());
    await this.tail.resume(session);
    return session;
  }

  take(): string[] {
    return this.heard.splice(0);
  }
}

function textOf(applied: Applied): string {
  return applied.type === "decided" ? `${applied.outcome.outcome} ${applied.id}` : applied.type;
}

test("nodes that come at once agree on an epoch; what one publishes all decide alike", async (t) => {
  const log = new MemoryLog(1);
  const nodes = [new Node(log), new Node(log), new Node(log)];
  await Promise.all(nodes.map(async (node) => await node.connect(t)));
  assert.equal(new Set(nodes.map(({ tail }) => tail.state.epoch)).size, 1);
  for (const node of nodes) assert.deepEqual(node.take(), ["lost"], "whoever listened before reads again");
  const outcome = await nodes[0]?.tail.publish(publish("1"));
  assert.equal(outcome?.outcome, "stored");
  for (const { tail } of nodes) await tail.sync();
  for (const node of nodes) assert.deepEqual(node.take(), ["stored 1"]);
});

test("after a cut a node reads on where it stopped, each record once", async (t) => {
  const log = new MemoryLog(1);
  const [one, other] = [new Node(log), new Node(log)];
  for (const node of [one, other]) await node.connect(t);
  one.take();
  log.sessions[0]?.cut();
  assert.equal(one.tail.isCurrent, false);
  await assert.rejects(one.tail.sync(), /is down/);
  await assert.rejects(one.tail.publish(publish("x")), /is down/);
  for (const id of ["1", "2"]) await other.tail.publish(publish(id));
  const current = one.tail.current();
  await one.connect(t);
  await current;
  assert.deepEqual(one.take(), ["stored 1", "stored 2"]);
});

test("contract 2: a log that fell back is read anew, its epoch ends, and everybody is told", async (t) => {
  const log = new MemoryLog(1);
  const node = new Node(log);
  await node.connect(t);
  const copy = log.copy();
  await node.tail.publish(publish("1"));
  const { epoch } = node.tail.state;
  node.take();
  log.fallBack(copy);
  await node.connect(t);
  assert.notEqual(node.tail.state.epoch, epoch);
  assert.deepEqual([node.take(), node.tail.state.rooms(1)], [["lost"], []]);
});

test("contract 2: nothing is published before a log has been found to be the one that was", async (t) => {
  const log = new MemoryLog(1);
  const node = new Node(log);
  await node.connect(t);
  const copy = log.copy();
  for (const id of ["1", "2", "3"]) await node.tail.publish(publish(id));
  const { epoch } = node.tail.state;
  log.fallBack(copy);
  const resumed = node.connect(t);
  while (log.sessions.length === 0) await log.turns();
  for (let turn = 0; turn < 3; turn++) {
    await assert.rejects(node.tail.publish(publish("early")), /is down|is not known yet/);
    await log.turns();
  }
  await resumed;
  const outcome = await node.tail.publish(publish("early"));
  assert.ok(outcome.outcome === "stored" && outcome.position.epoch !== epoch);
  assert.deepEqual(node.tail.state.read("r", { offset: 0 }, 1).messages.length, 1);
});

test("a node that sees no epoch though there is one is told at once", async (t) => {
  const log = new MemoryLog(1);
  const node = new Node(log);
  await node.connect(t);
  const { epoch } = node.tail.state;
  log.put(0, writeEntry({ type: "candidate", epoch: "other" }));
  await until("it is said", () => log.partitions[0]?.records.at(-1)?.text === `k${epoch}`);
});

test("which epoch holds is said once a minute, by whoever finds that nobody did", async (t) => {
  const log = new MemoryLog(1);
  const [one, other] = [new Node(log), new Node(log)];
  for (const node of [one, other]) await node.connect(t);
  const said = (): number => log.partitions[0]?.records.filter(({ text }) => text.startsWith("k")).length ?? 0;
  const before = said();
  for (const node of [one, other]) {
    node.tail.remind();
    node.time += 61_000;
  }
  await one.tail.sync();
  assert.equal(said(), before);
  one.tail.remind();
  await one.tail.sync();
  await other.tail.sync();
  other.tail.remind();
  await other.tail.sync();
  assert.equal(said(), before + 1);
});

test("many that ask at once whether a node is up to date cost two records", async (t) => {
  const log = new MemoryLog(1);
  const node = new Node(log);
  await node.connect(t);
  const before = log.partitions[0]?.records.length ?? 0;
  await Promise.all(Array.from({ length: 50 }, async () => await node.tail.upToDate()));
  assert.ok((log.partitions[0]?.records.length ?? 0) - before <= 2);
});
