import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Broker, Hub, MemoryBroker } from "@openline/hub";
import { brokerContract, Ear } from "@openline/hub/testing";
import { FakeClock, noRedis, RedisServer, settle } from "@openline/testkit";
import { RedisBroker } from "../../src/redis/index.ts";
import { type Refused, SignedBroker } from "../../src/signed/signed-broker.ts";
import { randomIds } from "../support/random-ids.ts";
import { systemClock } from "../support/system-clock.ts";

const keys = ["one key that all nodes share, 32 bytes or more"];
const wrongKeys = ["another key, that a stranger made up for himself"];

brokerContract({
  name: "signed memory",
  test,
  open: () => {
    const clock = new FakeClock();
    const memory = new MemoryBroker({ clock, ids: randomIds });
    const [broker, other] = [new SignedBroker(memory, { keys, now: clock.now }), new SignedBroker(memory, { keys, now: clock.now })];
    return { broker, other, now: clock.now, pass: (ms) => clock.advanceAsync(ms), settle, close: () => broker.close() };
  },
});

let server: RedisServer;
let count = 0;
const skip = noRedis === undefined ? {} : { skip: noRedis };

before(async () => {
  if (noRedis === undefined) server = await RedisServer.start();
});
after(async () => await server?.stop());

brokerContract({
  name: "signed redis",
  test: (name, check) => test(name, skip, check),
  open: async () => {
    const url = `${server.url}?prefix=s${++count}`;
    const open = async (): Promise<RedisBroker> => await RedisBroker.open({ url, clock: systemClock, ids: randomIds });
    const [one, two] = [await open(), await open()];
    return {
      broker: new SignedBroker(one, { keys }),
      other: new SignedBroker(two, { keys }),
      now: () => Date.now(),
      windowMs: 300,
      pass: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
      settle: async () => {
        for (const each of [one, two, one, two]) await each.ping();
      },
      close: () => {
        one.close();
        two.close();
      },
    };
  },
});

/** A room over one store: a node that signs, and a stranger who can write to the store but has another key, or none. */
function scene(strangersKeys: readonly string[] | undefined = wrongKeys): {
  clock: FakeClock;
  node: SignedBroker;
  stranger: Broker;
  memory: MemoryBroker;
  refused: Refused[];
} {
  const clock = new FakeClock();
  const memory = new MemoryBroker({ clock, ids: randomIds });
  const refused: Refused[] = [];
  const node = new SignedBroker(memory, { keys, now: clock.now, refused: (what) => refused.push(what) });
  const stranger = strangersKeys === undefined ? memory : new SignedBroker(memory, { keys: strangersKeys, now: clock.now });
  return { clock, node, stranger, memory, refused };
}

const publication = (content: string, time: number) => ({
  content,
  bytes: content.length,
  time,
  retention: { messages: 100, bytes: 100_000, ageMs: 60_000 },
});

for (const [who, strangersKeys] of [
  ["a wrong key", wrongKeys],
  ["no signature", undefined],
] as const) {
  test(`R22: a message with ${who} is refused and counted, live and in the history, and the room goes on as if it had never come`, async () => {
    const { clock, node, stranger, refused } = scene(strangersKeys);
    const ear = new Ear();
    await node.subscribe("lobby", ear);
    const say = async (by: Broker, content: string): Promise<void> => void (await by.publish("lobby", publication(content, clock.now())));
    await say(node, "one");
    await say(stranger, "forged");
    await say(stranger, "forged again");
    await say(node, "two");
    await say(stranger, "forged at the end");
    await settle();
    assert.deepEqual(ear.contents, ["one", "two"]);
    assert.deepEqual(ear.messages[1]?.previous, ear.messages[0]?.position);
    assert.deepEqual([node.refused, refused[0]], [3, { room: "lobby", what: "message" }]);
    const page = await node.read("lobby", { newest: 10 });
    assert.deepEqual(
      page.messages.map(({ content }) => content),
      ["one", "two"],
    );
    assert.deepEqual([page.messages[1]?.previous, page.top], [page.messages[0]?.position, page.messages[1]?.position]);
    assert.deepEqual((await node.read("lobby", { newest: 0 })).top, page.top);
    assert.deepEqual((await node.subscribe("lobby", new Ear())).top, page.top);
    assert.deepEqual([page.messages[0]?.bytes, ear.messages[0]?.bytes], [3, 3]);
  });
}

test("R22: signals and members with a wrong key are refused and counted", async () => {
  const { clock, node, stranger, refused } = scene();
  const ear = new Ear();
  await node.subscribe("lobby", ear);
  stranger.signal("lobby", { content: "forged", time: clock.now() });
  node.signal("lobby", { content: "genuine", time: clock.now() });
  const strangers = await stranger.subscribe("lobby", new Ear());
  strangers.enter({ session: "s1", since: 1 });
  await settle();
  assert.deepEqual(ear.events, ["signal genuine undefined"]);
  assert.deepEqual(
    refused.map(({ what }) => what),
    ["signal", "member"],
  );
  assert.deepEqual((await node.subscribe("lobby", new Ear())).members, []);
});

test("R22: what was signed for one room is worth nothing in another, and a signal nothing after its time", async () => {
  const { clock, node, memory, refused } = scene();
  const ear = new Ear();
  const spy: { content: string; time: number }[] = [];
  await memory.subscribe("lobby", Object.assign(new Ear(), { signal: (signal: { content: string; time: number }) => spy.push(signal) }));
  await node.subscribe("lobby", ear);
  await node.subscribe("$control", ear);
  node.signal("lobby", { content: "hello", time: clock.now() });
  await settle();
  const [copied] = spy;
  assert.ok(copied);
  memory.signal("$control", copied);
  clock.advance(300_001);
  memory.signal("lobby", copied);
  await settle();
  assert.deepEqual([ear.events, refused.length], [["signal hello undefined"], 2]);
});

test("members keep their data, and are without where they had none", async () => {
  const { node } = scene();
  const held = await node.subscribe("lobby", new Ear());
  const members = [
    { session: "s1", user: "Ada", since: 1, data: { mood: "好" } },
    { session: "s2", since: 2, data: null },
    { session: "s3", since: 3, away: 4 },
  ];
  for (const member of members) held.enter(member);
  assert.deepEqual((await node.subscribe("lobby", new Ear())).members, members);
});

test("R22: two hubs with different keys on one broker hear nothing of each other, and say so", async () => {
  const clock = new FakeClock();
  const memory = new MemoryBroker({ clock, ids: randomIds });
  const brokers = [keys, wrongKeys].map((own) => new SignedBroker(memory, { keys: own, now: clock.now }));
  const [one, other] = brokers.map((broker, at) => new Hub({ clock, ids: randomIds, broker, node: `n${at}` }));
  assert.ok(one && other);
  const heard: string[] = [];
  for (const hub of [one, other]) {
    const connection = hub.open({
      kind: "test",
      send: ({ text }) => {
        heard.push(text);
        return true;
      },
      close: () => undefined,
    });
    connection.receive('{"type":"connect","ref":0,"version":1}');
    connection.receive('{"type":"join","ref":1,"room":"lobby"}');
  }
  await clock.advanceAsync(10);
  heard.length = 0;
  await one.publish("lobby", { data: "for my own" });
  await clock.advanceAsync(100);
  assert.equal(heard.filter((text) => text.includes("for my own")).length, 1);
  assert.ok(brokers.every(({ refused }, at) => at === 0 || refused > 0));
});
