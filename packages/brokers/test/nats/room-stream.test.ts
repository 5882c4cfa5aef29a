import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import type { Retention } from "@openline/hub";
import { noNats, type ServerProcess, startNats } from "@openline/testkit";
import { JetStream } from "../../src/nats/jetstream.ts";
import { type NatsSession, NobodyListensError } from "../../src/nats/nats-session.ts";
import { RoomStream } from "../../src/nats/room-stream.ts";
import { natsSession } from "../support/nats-session.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock } from "../support/system-clock.ts";

const skip = noNats === undefined ? {} : { skip: noNats };
let server: ServerProcess;
let count = 0;

before(async () => {
  if (noNats === undefined) server = await startNats();
});
after(async () => await server?.stop());

interface Node {
  readonly stream: RoomStream;
  readonly session: NatsSession;
  readonly epochs: string[];
  /** How often it told the others to look. */
  readonly changes: () => number;
}

async function node(t: TestContext, prefix: string): Promise<Node> {
  const { session } = await natsSession(t, server.port);
  const epochs: string[] = [];
  const options = { name: `${prefix}_rooms`, prefix, token: "h", replicas: 1, clock: systemClock, epoch: randomIds.epoch };
  let changes = 0;
  const stream = new RoomStream({ ...options, rotated: (epoch) => epochs.push(epoch), changed: () => changes++ });
  await stream.refresh(session);
  return { stream, session, epochs, changes: () => changes };
}

test("nodes that come at once make one stream with one epoch", skip, async (t) => {
  const prefix = `p${++count}`;
  const nodes = await Promise.all([1, 2, 3].map(async () => await node(t, prefix)));
  assert.equal(new Set(nodes.map(({ stream }) => stream.epoch)).size, 1);
});

test("a stream is told to keep more when the rules ask for it, and never less", skip, async (t) => {
  const { stream, session, changes } = await node(t, `p${++count}`);
  const limits = async (): Promise<unknown[]> => {
    const { config } = await new JetStream(session).info(stream.name);
    return [config.max_msgs_per_subject, config.duplicate_window];
  };
  assert.deepEqual(await limits(), [16, 120e9]);
  const retention = { messages: 1_000, bytes: 1, ageMs: 60_000 };
  await Promise.all([1, 2].map(async () => await stream.keep(session, retention, { key: "k", fingerprint: "f", windowMs: 300_000 })));
  assert.deepEqual(await limits(), [1_024, 300e9]);
  await stream.keep(session, { ...retention, messages: 5 }, undefined);
  assert.equal(changes(), 1);
  assert.deepEqual(await limits(), [1_024, 300e9]);
  assert.ok(stream.maxAgeMs > 86_400_000);
});

test("contract 2: of nodes that end an epoch at once one does it, and all know the next", skip, async (t) => {
  const prefix = `p${++count}`;
  const nodes = await Promise.all([1, 2, 3].map(async () => await node(t, prefix)));
  const epoch = nodes[0]?.stream.epoch ?? "";
  await nodes[0]?.session.request(nodes[0].stream.subject("a"), "old");
  await Promise.all(nodes.map(async ({ stream, session }) => await stream.rotate(session, epoch)));
  assert.equal(new Set(nodes.map(({ stream }) => stream.epoch)).size, 1);
  for (const { epochs, stream } of nodes) assert.deepEqual([epochs.length, epochs[1] === epoch, stream.after > 0], [2, false, true]);
  assert.equal(
    nodes.reduce((sum, { changes }) => sum + changes(), 0),
    1,
  );
  await nodes[1]?.stream.rotate(nodes[1].session, epoch);
  assert.equal(nodes[1]?.epochs.length, 2, "an epoch that is over is not ended again");
});

test("contract 2: a stream that is behind what a node saw has lost something: its epoch ends", skip, async (t) => {
  const { stream, session, epochs } = await node(t, `p${++count}`);
  stream.saw(100);
  await stream.refresh(session);
  assert.equal(epochs.length, 2);
  await stream.refresh(session);
  assert.equal(epochs.length, 2);
});

test("contract 2: nothing is stored under an epoch that is over, whoever has not heard of its end", skip, async (t) => {
  const prefix = `p${++count}`;
  const [one, other] = [await node(t, prefix), await node(t, prefix)];
  await one.stream.rotate(one.session, one.stream.epoch);
  assert.notEqual(one.stream.epoch, other.stream.epoch);
  await assert.rejects(other.session.request(other.stream.subject("a"), "late"), NobodyListensError);
  await other.stream.refresh(other.session);
  assert.equal(other.stream.epoch, one.stream.epoch);
  assert.match((await other.session.request(other.stream.subject("a"), "new")).text, /"seq":\s*\d/);
});

test("contract 2: who makes room for more while another ends the epoch does not bring the old one back", skip, async (t) => {
  const prefix = `p${++count}`;
  const nodes = await Promise.all([1, 2, 3, 4].map(async () => await node(t, prefix)));
  const epoch = nodes[0]?.stream.epoch ?? "";
  const retention = (power: number): Retention => ({ messages: 2 ** power - 1, bytes: 1, ageMs: 60_000 });
  await Promise.all(
    nodes.map(async ({ stream, session }, index) => {
      if (index % 2 === 0) await stream.rotate(session, epoch);
      else await stream.keep(session, retention(8 + index), undefined);
    }),
  );
  for (const { stream, session } of nodes) await stream.refresh(session);
  assert.equal(new Set(nodes.map(({ stream }) => stream.epoch)).size, 1);
  assert.deepEqual(new Set(nodes.map(({ epochs }) => epochs.length)), new Set([2]), "each node saw two epochs and no more");
  const { config } = await new JetStream(nodes[0]?.session as NatsSession).info(`${prefix}_rooms`);
  assert.equal(config.max_msgs_per_subject, 2 ** 11, "nor is the room that was made lost");
});

test("a stream that is not ours is not touched", skip, async (t) => {
  const { session } = await natsSession(t, server.port);
  const prefix = `p${++count}`;
  const config = { name: `${prefix}_rooms`, description: "somebody's", subjects: [`${prefix}.h.>`], max_msgs_per_subject: 1, max_age: 0 };
  await new JetStream(session).create({ ...config, duplicate_window: 1e9 });
  await assert.rejects(node(t, prefix), /is not one of Openline: its description is "somebody's"/);
});
