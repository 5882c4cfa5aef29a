import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { MemoryBroker } from "../src/memory-broker.ts";
import { countingIds, testHub } from "./support/test-hub.ts";

test("after everything ended no timer is pending, no session and no connection is left", async () => {
  const { hub, connected, clock } = testHub();
  const clients = ["Ada", "Bo", "Cy"].map((name) => connected(name));
  for (const client of clients) await client.join("a", { presence: true });
  await clients[0]?.publish("a", 1, { id: "i" });
  clients[0]?.connection.closed(1000, true);
  clients[1]?.connection.closed(1006, false);
  clients[2]?.connection.close(4404, "disconnected");
  await clock.advanceAsync(3_700_000);
  assert.deepEqual([hub.connectionCount, hub.sessionCount, clock.pending, await hub.rooms()], [0, 0, 0, []]);
});

test("closing the hub closes every connection with its code, refuses later ones, and leaves no timer", async () => {
  for (const code of [1001, 1012] as const) {
    const { hub, connected, client, clock } = testHub();
    const [ada, bo] = [connected(), connected()];
    await ada.join("a", { presence: true });
    await bo.join("a", { presence: true });
    const silent = client();
    bo.connection.closed(1006, false);
    ada.say({ type: "publish", ref: 9, room: "a", data: 1 });
    hub.close(code);
    hub.close(code);
    assert.deepEqual([ada.closedWith?.code, silent.closedWith?.code, ada.presence], [code, code, ["joined s3"]]);
    assert.equal(client().closedWith?.code, code);
    await settle();
    const late = await hub.publish("a", { data: 1 });
    assert.equal(late.outcome, "rejected");
    assert.deepEqual([hub.connectionCount, hub.sessionCount, clock.pending], [0, 0, 0]);
  }
});

test("two hubs on one broker behave as one: order, presence, ids, recovery", async () => {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  const [east, west] = [testHub({ clock, broker, ids: countingIds("E") }), testHub({ clock, broker, ids: countingIds("W") })];
  const [ada, bo] = [east.connected("Ada"), west.connected("Bo")];
  await ada.join("a", { presence: true });
  const joined = await bo.join("a", { presence: true });
  assert.deepEqual(
    joined.members?.map(({ user }) => user),
    ["Ada", "Bo"],
  );
  assert.deepEqual(
    ada.all("presence").map(({ joined, memberCount }) => [joined?.[0]?.user, memberCount]),
    [["Bo", 2]],
  );
  for (let index = 0; index < 10; index++) (index % 2 === 0 ? ada : bo).say({ type: "publish", ref: 20 + index, room: "a", data: index });
  await settle();
  assert.equal(ada.data.length, 10);
  assert.deepEqual(bo.data, ada.data);
  assert.deepEqual(
    (await west.hub.members("a")).map(({ user }) => user),
    ["Ada", "Bo"],
  );
  assert.deepEqual(
    (await east.hub.rooms()).map(({ members }) => members),
    [2],
  );
  const traveller = west.connected("Ada");
  const { recovered, replay } = await traveller.join("a", { position: ada.all("message")[4]?.position });
  assert.deepEqual([recovered, replay], [true, 5]);
  west.hub.close();
  assert.deepEqual(
    ada.all("presence").flatMap(({ left, memberCount }) => (left === undefined ? [] : [memberCount])),
    [2, 1],
  );
  await ada.publish("a", "still here");
  east.hub.close();
  broker.close();
  assert.equal(clock.pending, 0);
});

test("the application reads a room's history in pages, both ways, as clients do (hub-v1, History)", async () => {
  const { hub } = testHub();
  for (const data of [1, 2, 3, 4]) await hub.publish("a", { data, user: "系统" });
  const newest = await hub.history("a", { limit: 2 });
  assert.deepEqual(
    [newest?.messages.map(({ data, user }) => [data, user]), newest?.complete],
    [
      [
        [3, "系统"],
        [4, "系统"],
      ],
      false,
    ],
  );
  const first = newest?.messages[0]?.position ?? "";
  const older = await hub.history("a", { before: first });
  assert.deepEqual([older?.messages.map(({ data }) => data), older?.complete], [[1, 2], true]);
  const after = await hub.history("a", { after: older?.messages[0]?.position ?? "" });
  assert.deepEqual(
    after?.messages.map(({ data }) => data),
    [2, 3, 4],
  );
  assert.equal(await hub.history("a", { before: "x.1.y" }), undefined);
  assert.deepEqual(await hub.history("nowhere"), { messages: [], complete: true });
  await assert.rejects(hub.history("a", { limit: 0 }), RangeError);
});
