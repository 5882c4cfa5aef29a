import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { MemoryBroker } from "../src/memory-broker.ts";
import { countingIds, sessionOf, type TestHub, testHub } from "./support/test-hub.ts";

function twoNodes(): { broker: MemoryBroker; east: TestHub; west: TestHub } {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  return { broker, east: testHub({ clock, broker, ids: countingIds("E") }), west: testHub({ clock, broker, ids: countingIds("W") }) };
}

test("all sessions of a user are put in and taken out, on all nodes, those without a connection too (hub-v1, Rooms that the server chooses)", async () => {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  const [east, west] = [testHub({ clock, broker, ids: countingIds("E") }), testHub({ clock, broker, ids: countingIds("W") })];
  const [ada, far, away, bo] = [east.connected("Ada"), west.connected("Ada"), west.connected("Ada"), west.connected("Bo")];
  await settle();
  away.connection.closed(1006, false);
  assert.equal(await east.hub.join({ user: "Ada" }, "a", { presence: true }), 1);
  await settle();
  assert.deepEqual(
    [ada, far, away, bo].map((client) => client.all("joined").length),
    [1, 1, 0, 0],
  );
  assert.deepEqual(
    (await east.hub.members("a"))
      .map((member) => [member.user, member.away !== undefined])
      .toSorted((one, other) => Number(one[1]) - Number(other[1])),
    [
      ["Ada", false],
      ["Ada", false],
      ["Ada", true],
    ],
  );
  assert.equal(await east.hub.leave({ user: "Ada" }, "a", { code: "over", message: "the game is over" }), 1);
  await settle();
  const left = { type: "left", room: "a", code: "over", message: "the game is over" };
  assert.deepEqual([ada.all("left"), far.all("left"), await east.hub.members("a")], [[left], [left], []]);
  assert.equal(await east.hub.leave({ user: "Ada" }, "a"), 0);
  await east.hub.join({ user: "Ada" }, "a");
  await settle();
  assert.deepEqual(
    [ada, far].map((client) => client.all("joined").length),
    [2, 2],
    "a node does not obey its own voice twice, and later orders come later",
  );
  for (const { hub } of [east, west]) hub.close();
  broker.close();
  assert.equal(clock.pending, 0);
});

test("what is put together wrongly is thrown at the application, and names what is wrong", async () => {
  const { hub, connected } = testHub({ limits: { roomsPerConnection: 1 } });
  const ada = connected("Ada");
  const whom = { user: "Ada" };
  await assert.rejects(hub.join(whom, " a"), { name: "TypeError", message: /room " a" begins or ends with white space/ });
  await assert.rejects(hub.join(whom, "$a"), { name: "TypeError", message: /"\$a" begins with \$/ });
  await assert.rejects(hub.join(whom, "a", { rewind: 1_001 }), {
    name: "TypeError",
    message: /rewind must be an integer from 0 to 1000, got 1001/,
  });
  await assert.rejects(hub.join(whom, "a", { data: "x".repeat(1_023) }), { name: "TypeError", message: /at most 1024 bytes/ });
  assert.deepEqual(
    [await hub.join({ user: "nobody" }, "a"), await hub.join({ session: "nobody" }, "a"), await hub.join(whom, "a")],
    [0, 0, 1],
  );
  await assert.rejects(hub.join(whom, "b"), { name: "RangeError", message: `session ${sessionOf(ada).id} is in 1 rooms, the limit is 1` });
});

test("a user is disconnected on all nodes with 4404 and the reason, and is out of its rooms at once", async () => {
  const { broker, east, west } = twoNodes();
  const [ada, far, bo] = [east.connected("Ada"), west.connected("Ada"), west.connected("Bo")];
  await Promise.all([ada, far, bo].map((client) => client.join("a")));
  east.hub.disconnect({ user: "Ada" }, "banned");
  await settle();
  assert.deepEqual(
    [ada.closedWith, far.closedWith, bo.closedWith],
    [{ code: 4404, reason: "banned" }, { code: 4404, reason: "banned" }, undefined],
  );
  assert.deepEqual(
    (await east.hub.presence("a")).members.map(({ user }) => user),
    ["Bo"],
  );
  bo.connection.closed(1000, true);
  await settle();
  assert.deepEqual(await broker.rooms(), [], "a node without connections does not listen");
});

test("a session is disconnected wherever it is, and cannot be resumed", async () => {
  const { east, west } = twoNodes();
  const far = west.connected("Ada");
  east.connected("Bo");
  await settle();
  east.hub.disconnect({ session: sessionOf(far).id });
  await settle();
  assert.equal(far.closedWith?.code, 4404);
  const back = west.client();
  assert.equal(back.connect({ session: sessionOf(far) }).resumed, false);
});

test("without other nodes it works the same, also for a session that waits for its client", async () => {
  const { hub, connected, client } = testHub();
  const ada = connected("Ada");
  ada.connection.closed(1006, false);
  hub.disconnect({ user: "Ada" });
  assert.equal(client().connect({ session: sessionOf(ada) }).resumed, false);
});
