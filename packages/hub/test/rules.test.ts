import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { defaultRules, slowPolicies } from "../src/rules.ts";
import { BrokerDouble } from "./support/broker-double.ts";
import { sessionOf, testHub } from "./support/test-hub.ts";

test("a room keeps 1,000 messages, 8 MiB, one hour unless told otherwise, and nobody can change that for others", () => {
  assert.deepEqual(defaultRules, {
    history: { messages: 1000, bytes: 8_388_608, ageMs: 3_600_000 },
    presence: true,
    messageBytes: Number.POSITIVE_INFINITY,
    rate: undefined,
    slow: "disconnect",
    slowBytes: Number.POSITIVE_INFINITY,
    keepEmptyMs: 0,
  });
  assert.ok(Object.isFrozen(defaultRules) && Object.isFrozen(defaultRules.history) && Object.isFrozen(slowPolicies));
});

test("rules by pattern bound history and presence room by room", async () => {
  const { hub, connected } = testHub({ roomRules: { "chat:*": { history: { messages: 2 } }, "log:*": { presence: false } } });
  for (const room of ["chat:a", "log:a"]) for (let index = 1; index <= 3; index++) await hub.publish(room, { data: index });
  const client = connected("Ada");
  assert.equal((await client.join("chat:a", { rewind: 10, presence: true })).replay, 2);
  const log = await client.join("log:a", { rewind: 10, presence: true });
  assert.deepEqual([log.replay, log.members, log.memberCount], [3, undefined, 1]);
  assert.equal((await client.expect("error", { type: "members", room: "log:a" })).code, "forbidden");
});

test("data larger than the room takes are refused with too-large, from a session and from the application (hub-v1, Publishing)", async () => {
  const { hub, connected } = testHub({ roomRules: { "small:*": { messageBytes: 7 } } });
  const client = connected();
  for (const more of [{}, { ephemeral: true }]) {
    assert.equal((await client.expect("error", { type: "publish", room: "small:a", data: "123456", ...more })).code, "too-large");
    await client.publish("small:a", "12345", more);
    await client.publish("large", "123456", more);
  }
  const outcome = await hub.publish("small:a", { data: "你好" });
  assert.deepEqual(outcome, { outcome: "rejected", code: "too-large", message: 'data has 8 bytes as JSON, room "small:a" takes 7' });
});

test("a session that publishes too fast is refused with rate-limited and may come again after retryAfterMs (hub-v1, Publishing)", async () => {
  const { clock, connected } = testHub({ roomRules: { a: { rate: { messages: 3, perMs: 3_000 } } } });
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  for (let index = 0; index < 3; index++) await ada.publish("a", index);
  const refused = await ada.expect("error", { type: "publish", room: "a", data: 4 });
  assert.deepEqual([refused.code, refused.retryAfterMs], ["rate-limited", 1_000]);
  await bo.publish("a", "the rate is each session's own");
  await ada.publish("b", "and each room's");
  clock.advance(999);
  assert.equal((await ada.expect("error", { type: "publish", room: "a", data: 4 })).retryAfterMs, 1);
  clock.advance(1);
  await ada.publish("a", 4);
  ada.connection.closed(1006, false);
  const back = connected("Ada", sessionOf(ada));
  assert.equal((await back.expect("error", { type: "publish", room: "a", data: 5 })).code, "rate-limited", "a reconnect resets nothing");
});

test("a room without members stays for keepEmptyMs: until then its epoch goes on, afterwards it is another room", async () => {
  const history = { messages: 0 };
  const { hub, clock, connected } = testHub({ rules: { history }, roomRules: { "kept:*": { keepEmptyMs: 5_000, history } } });
  const comeAndGo = async (room: string, position?: string): Promise<{ recovered: boolean | undefined; position: string }> => {
    const client = connected();
    const { recovered } = await client.join(room, position === undefined ? {} : { position });
    const { position: now = "" } = await client.publish(room, "kept by nobody");
    client.connection.closed(1000, true);
    await settle();
    return { recovered, position: now };
  };
  const gone = await comeAndGo("a");
  assert.equal((await comeAndGo("a", gone.position)).recovered, false);
  let kept = await comeAndGo("kept:a");
  clock.advance(4_000);
  kept = await comeAndGo("kept:a", kept.position);
  assert.equal(kept.recovered, true);
  clock.advance(4_999);
  kept = await comeAndGo("kept:a", kept.position);
  assert.equal(kept.recovered, true, "each leave begins the time anew");
  clock.advance(5_000);
  assert.equal((await comeAndGo("kept:a", kept.position)).recovered, false);
  hub.close();
  assert.equal(clock.pending, 0);
});

test("a room that the store could not open is asked for again by the next one who comes, however long empty rooms stay", async () => {
  const broker = new BrokerDouble();
  const { connected } = testHub({ broker, roomRules: { "kept:*": { keepEmptyMs: 5_000 } } });
  let isAway = true;
  broker.onSubscribe = () => {
    if (isAway) throw new Error("the store is away");
  };
  const clients = [connected(), connected()];
  for (const client of clients) assert.equal((await client.expect("error", { type: "join", room: "kept:a" })).code, "internal");
  isAway = false;
  for (const client of clients) assert.equal((await client.join("kept:a")).memberCount, clients.indexOf(client) + 1);
});
