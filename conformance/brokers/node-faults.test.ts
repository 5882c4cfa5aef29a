// A server process on a shared Redis is killed, or stands still, under load: the built binary and the real client, behind what stands for a load balancer.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FaultProxy, noRedis } from "@openline/testkit";
import { connect, listen, startNode, startRedis, until, Writer } from "../../packages/cli/test/nodes-fixture.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };

/** docs/brokers/redis.md: a node says each 5 s that it lives, 15 s hold, and the others look each 5 s, give or take a quarter. */
const announcedMs = 22_000;

const history = ["--history-messages", "100000", "--history-bytes", "100000000"];

// They wait for leases to run out for most of their time.
describe("nodes on one Redis", { concurrency: 2 }, () => {
  test(
    "a server process killed under load: its clients recover true on the other one, nothing is lost or doubled, its members leave within the announced time",
    skip,
    async (t) => {
      const redis = await startRedis(t);
      const [east, west] = [await startNode(t, redis.url, ...history), await startNode(t, redis.url, ...history)];
      const balancer = await FaultProxy.start(east.port);
      t.after(async () => await balancer.stop());
      const witness = await listen(connect(t, west.port), "lobby");
      const moving = [await listen(connect(t, balancer.port), "lobby"), await listen(connect(t, balancer.port), "lobby")];
      const writers = [new Writer("east", connect(t, balancer.port)), new Writer("west", connect(t, west.port))];
      await until("messages flow", () => moving.every(({ messages }) => messages.length > 300));
      const old = moving.map(({ client }) => client.session ?? "");

      balancer.redirect(west.port);
      east.started.child.kill("SIGKILL");
      const from = performance.now();
      await until("they are back", () => moving.every(({ joins }) => joins.length === 2));
      t.diagnostic(`back after ${Math.round(performance.now() - from)} ms`);
      for (const { joins } of moving) assert.equal(joins[1]?.recovered, true);
      const reached = witness.messages.length;
      await until("messages flow again", () => witness.messages.length > reached + 300);
      for (const writer of writers) await writer.stop();
      const { position } = await witness.client.publish("lobby", "last");
      const all = [witness, ...moving];
      await until("all stand at the end", () => all.every(({ room }) => room.position === position));

      for (const { messages } of all)
        assert.deepEqual(
          messages.map((message) => message.position),
          witness.messages.map((message) => message.position),
        );
      const heard = witness.data();
      assert.equal(new Set(heard).size, heard.length, "nothing came twice");
      const acknowledged = writers.flatMap((writer) => writer.acknowledged);
      assert.deepEqual(
        acknowledged.filter((data) => !new Set(heard).has(data)),
        [],
        "nothing acknowledged is missing",
      );
      for (const { events } of all) assert.ok(!events.includes("insufficient"));
      t.diagnostic(
        `acknowledged ${acknowledged.length}, unknown ${writers.reduce((sum, { unknown }) => sum + unknown, 0)}, heard ${heard.length}`,
      );

      await until("the dead node's members left", () => old.every((session) => witness.events.includes(`left ${session}`)), announcedMs);
      t.diagnostic(`left after ${Math.round(performance.now() - from)} ms`);
      const sessions = all.map(({ client }) => client.session ?? "").toSorted();
      for (const listener of all) await until("all know who is there", () => listener.sessions().join() === sessions.join());
      for (const session of old) assert.equal(witness.events.filter((event) => event === `left ${session}`).length, 1);
    },
  );

  test(
    "contract 7: a server process that stood still for longer than its lease has its members back within three heartbeats, and lost nothing",
    skip,
    async (t) => {
      const redis = await startRedis(t);
      const [east, west] = [await startNode(t, redis.url, ...history), await startNode(t, redis.url, ...history)];
      const witness = await listen(connect(t, west.port), "lobby");
      const frozen = [
        await listen(connect(t, east.port), "lobby"),
        await listen(connect(t, east.port), "lobby"),
        await listen(connect(t, east.port), "lobby"),
      ];
      const all = [witness, ...frozen];
      const sessions = all.map(({ client }) => client.session ?? "").toSorted();
      await until("all know all", () => all.every((listener) => listener.sessions().join() === sessions.join()));
      const writer = new Writer("west", connect(t, west.port));
      east.started.child.kill("SIGSTOP");
      await until("the others think it gone", () => witness.sessions().length === 1, announcedMs);
      east.started.child.kill("SIGCONT");
      const from = performance.now();
      const known = (): string[] => frozen.map(({ client }) => client.session ?? "");
      await until("its members are there again", () => known().every((session) => witness.sessions().includes(session)), 15_000);
      t.diagnostic(`there again after ${Math.round(performance.now() - from)} ms`);
      await writer.stop();
      const { position } = await witness.client.publish("lobby", "last");
      await until("all stand at the end", () => all.every(({ room }) => room.position === position), 15_000);
      const expected = [witness.client.session ?? "", ...known()].toSorted();
      for (const listener of all) await until("all know who is there", () => listener.sessions().join() === expected.join());
      for (const { messages, events } of all) {
        assert.ok(!events.includes("insufficient"));
        assert.deepEqual(
          messages.map((message) => message.position),
          witness.messages.map((message) => message.position),
        );
      }
    },
  );
});
