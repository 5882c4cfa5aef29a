import assert from "node:assert/strict";
import { test } from "node:test";
import { copyOf, zeroCounters } from "../src/counters.ts";
import { testHub } from "./support/test-hub.ts";

test("each hub counts for itself, from zero", () => {
  assert.ok(Object.values(zeroCounters().policies).every(({ times, messages }) => times + messages === 0));
  const { hub, connected } = testHub({ outboundBytes: 10 });
  const [client] = [connected(), connected()];
  client.roomBelow = 0;
  for (let ref = 0; ref < 3; ref++) client.say({ type: "ping", ref });
  const { connections, sessions, rooms, queuedBytes, spilled, tooSlow } = hub.stats();
  assert.deepEqual(
    { connections, sessions, rooms, queuedBytes, spilled, tooSlow },
    {
      connections: 1,
      sessions: 2,
      rooms: 0,
      queuedBytes: 0,
      spilled: 0,
      tooSlow: 1,
    },
  );
  assert.equal(testHub().hub.stats().tooSlow, 0);
});

test("a copy stays what it was", () => {
  const counters = zeroCounters();
  const before = copyOf(counters);
  counters.tooSlow++;
  for (const count of Object.values(counters.policies)) count.times++;
  assert.deepEqual(before, zeroCounters());
});

test("publishes, deliveries, recoveries, refusals and ends of connections are counted, the ends by the hub's own codes only", async () => {
  const { hub, connected, client } = testHub();
  const [ann, bob] = [connected(), connected()];
  const { position } = await ann.expect("joined", { type: "join", room: "r" });
  await bob.expect("joined", { type: "join", room: "r", position });
  await bob.expect("joined", { type: "join", room: "other", position: "no.1.such" });
  const before = hub.stats().sent;
  await ann.expect("published", { type: "publish", room: "r", data: 1 });
  await hub.publish("r", { data: 2, ephemeral: true });
  await bob.expect("error", { type: "leave", room: "nowhere" });
  ann.connection.closed(4999, true);
  bob.connection.closed(1006, false);
  client().connection.close(4403, "no");
  const { published, sent, recovered, notRecovered, refused, closed } = hub.stats();
  assert.deepEqual(
    { published, recovered, notRecovered, refused },
    { published: 2, recovered: 1, notRecovered: 1, refused: { "not-joined": 1 } },
  );
  assert.equal(sent - before, 6, "two to each, one answer, one refusal");
  assert.deepEqual(closed, { other: 1, 1006: 1, 4403: 1 });
});

test("each connection has an id, and its end a reason and who it was", () => {
  const { connected, client, events } = testHub();
  connected().connection.closed(1000, true);
  connected().connection.closed(1006, false, "no answer to a ping");
  client().connection.close(4403, "forbidden");
  const told = events.filter(({ type }) => type === "connection-closed");
  assert.deepEqual(
    told.map((event) => ({ ...event, session: undefined })),
    [
      { connection: "n1.1", by: "client", code: 1000, reason: "the client closed it" },
      { connection: "n1.2", by: "transport", code: 1006, reason: "no answer to a ping" },
      { connection: "n1.3", by: "hub", code: 4403, reason: "forbidden" },
    ].map((event) => ({ type: "connection-closed", ...event, session: undefined })),
  );
});
