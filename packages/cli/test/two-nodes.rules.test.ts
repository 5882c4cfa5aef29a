// Two `openline serve` processes on one Redis behave as one: the built binary and the real client.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noRedis } from "@openline/testkit";
import { connect, type Listener, listen, startNode, startRedis, until } from "./nodes-fixture.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };

const post = async (url: string, body: unknown, key: string): Promise<{ status: number; position: unknown; duplicate: unknown }> => {
  const headers = { "content-type": "application/json", "idempotency-key": key };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const { position, duplicate } = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, position, duplicate };
};

test("contract 4, 7: two server processes on one Redis behave as one", skip, async (t) => {
  const redis = await startRedis(t);
  const [east, west] = [await startNode(t, redis.url), await startNode(t, redis.url)];
  const apart = await startNode(t, `${redis.url}?prefix=apart`);
  const all: Listener[] = [];
  for (const { port } of [east, west, east, west]) all.push(await listen(connect(t, port, { user: "Ada" }), "lobby"));
  const alone = await listen(connect(t, apart.port, { user: "Ada" }), "lobby");
  const [one, two] = all;
  assert.ok(one !== undefined && two !== undefined);

  await t.test("presence: every node has the members of both, and counts them", async () => {
    const sessions = all.map(({ client }) => client.session ?? "").toSorted();
    await until("all know all", () => all.every((listener) => listener.sessions().join() === sessions.join()));
    for (const { room } of all) assert.equal(room.memberCount, 4);
    for (const { url } of [east, west]) {
      const { rooms } = (await (await fetch(`${url}/api/rooms`)).json()) as { rooms: { room: string; members: number }[] };
      assert.deepEqual(
        rooms.map(({ room, members }) => [room, members]),
        [["lobby", 4]],
      );
    }
  });

  await t.test("order: publishes on both at the same time are heard by all, once, in one order, and each client's in its own", async () => {
    const publishes = all.map(async ({ client }, lane) => {
      const sent = Array.from({ length: 100 }, async (_, index) => await client.publish("lobby", { lane, index }));
      return await Promise.all(sent);
    });
    await Promise.all(publishes);
    await until("all heard", () => all.every(({ messages }) => messages.length >= 400));
    for (const { messages } of all)
      assert.deepEqual(
        messages.map(({ position }) => position),
        one.messages.map(({ position }) => position),
      );
    assert.equal(new Set(one.messages.map(({ position }) => position)).size, 400);
    for (const lane of [0, 1, 2, 3]) {
      const own: unknown[] = one.data().filter((data) => (data as { lane: number }).lane === lane);
      assert.deepEqual(
        own.map((data) => (data as { index: number }).index),
        Array.from({ length: 100 }, (_, index) => index),
      );
    }
    for (const { events } of all) assert.deepEqual(events, []);
  });

  await t.test(
    "contract 3: an id that was used on one node is a duplicate on the other, delivered to nobody; other data is a conflict",
    async () => {
      const path = "/api/rooms/lobby/messages";
      const before = one.messages.length;
      const first = await post(east.url + path, { text: "once" }, "order-7");
      assert.deepEqual([first.status, first.duplicate], [201, undefined]);
      const second = await post(west.url + path, { text: "once" }, "order-7");
      assert.deepEqual([second.status, second.duplicate, second.position], [200, true, first.position]);
      assert.equal((await post(west.url + path, { text: "twice" }, "order-7")).status, 409);
      const after = await post(west.url + path, "after", "order-8");
      await until("the last came", () => all.every(({ room }) => room.position === after.position));
      for (const { messages } of all) assert.equal(messages.length, before + 2);
    },
  );

  await t.test("direct messages reach every connection of a user on both nodes, once, and are counted", async () => {
    const heard: string[] = [];
    for (const [index, { client }] of all.entries()) client.on("direct", ({ data }) => heard.push(`${index} ${String(data)}`));
    alone.client.on("direct", () => heard.push("apart"));
    assert.deepEqual(await two.client.send("Ada", "hello"), { delivered: 4 });
    await until("all heard", () => heard.length >= 4);
    assert.deepEqual(heard.toSorted(), ["0 hello", "1 hello", "2 hello", "3 hello"]);
    assert.deepEqual(await two.client.send("nobody", "hello"), { delivered: 0 });
  });

  await t.test("ephemeral messages cross over, and history is one", async () => {
    await two.client.publish("lobby", "now", { ephemeral: true });
    await until("it came", () => one.events.includes("ephemeral now"));
    const [here, there] = await Promise.all([one.room.history({ limit: 1000 }), two.room.history({ limit: 1000 })]);
    assert.equal(here.messages.length, 402);
    assert.deepEqual(here, there);
    const middle = here.messages[200]?.position ?? assert.fail();
    const page = await two.room.history({ before: middle, limit: 10 });
    assert.deepEqual(page.messages, here.messages.slice(190, 200));
  });

  await t.test("prefix isolation: an application with another prefix on the same Redis sees nothing of it all", async () => {
    assert.deepEqual([alone.messages, alone.events, alone.sessions()], [[], [], [alone.client.session]]);
    assert.equal(alone.room.memberCount, 1);
    const { rooms } = (await (await fetch(`${apart.url}/api/rooms`)).json()) as { rooms: { messages: number }[] };
    assert.deepEqual(
      rooms.map(({ messages }) => messages),
      [0],
    );
  });

  await t.test("a node that ends in order takes its members out at once, and its clients' messages stay", async () => {
    west.started.child.kill("SIGTERM");
    assert.equal(await west.started.ended, 0);
    const left = [all[1], all[3]].map((listener) => listener?.client.session ?? "");
    await until("both left", () => left.every((session) => one.events.includes(`left ${session}`)), 3_000);
    assert.equal((await one.room.history({ limit: 1000 })).messages.length, 402);
  });
});
