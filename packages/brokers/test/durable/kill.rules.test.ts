import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Hub, type OutgoingMessage, type Position } from "@openline/hub";
import { type Durability, DurableBroker, type DurableEvent } from "../../src/durable/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { scratch } from "../support/scratch.ts";
import { systemClock, until } from "../support/system-clock.ts";

const program = fileURLToPath(new URL("./publishing-process.ts", import.meta.url));

interface Acknowledged {
  readonly room: string;
  readonly position: Position;
  readonly content: string;
  readonly key: string;
}

/** Lets a process publish, kills it with SIGKILL at a random moment, and gives what it had been told. */
async function publishAndKill(directory: string, durability: Durability, journal: string, round: number): Promise<void> {
  const args = ["--import", "tsx", program, directory, durability, journal, String(round)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  const before = existsSync(journal) ? statSync(journal).size : 0;
  await until("a first publish", () => existsSync(journal) && statSync(journal).size > before);
  await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 150));
  child.kill("SIGKILL");
  assert.deepEqual(await ended, [null, "SIGKILL"]);
}

function acknowledgedIn(journal: string): Acknowledged[] {
  const lines = readFileSync(journal, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Acknowledged);
}

/** What a client that comes back with a position is told. */
async function recoveredAt(hub: Hub, room: string, { epoch, offset, tag }: Position): Promise<{ recovered: boolean; replay: number }> {
  const heard: Record<string, unknown>[] = [];
  const send = ({ text }: OutgoingMessage): boolean => heard.push(JSON.parse(text) as Record<string, unknown>) > 0;
  const connection = hub.open({ kind: "test", send, close: () => {} });
  connection.receive(JSON.stringify({ type: "connect", ref: 1, version: 1 }));
  connection.receive(JSON.stringify({ type: "join", ref: 2, room, position: `${epoch}.${offset}.${tag}` }));
  await until("joined", () => heard.some(({ type }) => type === "joined"));
  connection.closed(1000, true);
  return heard.find(({ type }) => type === "joined") as unknown as { recovered: boolean; replay: number };
}

for (const durability of ["os", "fsync"] as const) {
  test(`contract 2 and 3: kill -9 amid publishing loses nothing that was acknowledged (${durability}), clients recover, ids hold`, async (t) => {
    const directory = join(scratch(t), "data");
    const journal = join(scratch(t), "journal");
    for (let round = 0; round < 4; round++) await publishAndKill(directory, durability, journal, round);
    const events: DurableEvent[] = [];
    const broker = await DurableBroker.open({ directory, clock: systemClock, ids: randomIds, log: (event) => events.push(event) });
    const acknowledged = acknowledgedIn(journal);
    t.diagnostic(`${acknowledged.length} acknowledged before four kills`);
    assert.ok(acknowledged.length > 100);
    for (const room of ["a", "b"]) {
      const { messages } = await broker.read(room, { offset: 0 });
      const kept = new Map(messages.map((message) => [message.position.offset, message]));
      for (const { position, content } of acknowledged.filter((entry) => entry.room === room)) {
        assert.deepEqual(kept.get(position.offset)?.position, position);
        assert.equal(kept.get(position.offset)?.content, content);
      }
      assert.deepEqual(new Set(messages.map(({ position }) => position.epoch)).size, 1);
    }
    const history = { messages: 1_000_000, bytes: 1_000_000_000, ageMs: 3_600_000 };
    const hub = new Hub({ clock: systemClock, ids: randomIds, broker, rules: { history } });
    for (const entry of [acknowledged[0], acknowledged[Math.floor(acknowledged.length / 2)], acknowledged.at(-1)]) {
      assert.ok(entry !== undefined);
      const { top } = await broker.read(entry.room, { newest: 0 });
      const { recovered, replay } = await recoveredAt(hub, entry.room, entry.position);
      assert.deepEqual({ recovered, replay }, { recovered: true, replay: top.offset - entry.position.offset });
      const idempotency = { key: entry.key, fingerprint: "f", windowMs: 3_600_000 };
      const again = await broker.publish(entry.room, {
        content: entry.content,
        bytes: 1,
        time: Date.now(),
        retention: history,
        idempotency,
      });
      assert.deepEqual(again, { outcome: "duplicate", position: entry.position });
    }
    assert.deepEqual(events, []);
    hub.close();
    broker.close();
    await broker.closed();
  });
}
