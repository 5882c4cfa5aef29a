import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FakeClock, settle } from "@openline/testkit";
import { MemoryBroker } from "../src/memory-broker.ts";
import { type SlowPolicy, slowPolicies } from "../src/rules.ts";
import { countingIds, type TestClient, testHub } from "./support/test-hub.ts";

const cap = 20_000;
const messages = 300;
const data = (index: number): { index: number; text: string } => ({ index, text: "x".repeat(200) });
const indexes = (client: TestClient): number[] => client.data.map((one) => (one as { index: number }).index);

for (const slow of slowPolicies) {
  test(`contract 8: a stalled reader among 1,000 costs at most its cap and slows nobody, by ${slow}`, async () => {
    const { hub, connected, clock } = testHub({ rules: { slow }, outboundBytes: cap });
    const clients = Array.from({ length: 1_000 }, () => connected());
    for (const client of clients) client.say({ type: "join", ref: 1, room: "a" });
    await settle();
    const stalled = clients[500] ?? assert.fail();
    stalled.roomBelow = 0;
    for (let index = 1; index <= messages; index++) {
      await hub.publish("a", { data: data(index) });
      assert.ok(hub.queuedBytes <= cap, `${hub.queuedBytes} bytes wait after ${index}`);
      for (const place of [0, 499, 501, 999]) assert.equal(indexes(clients[place] ?? assert.fail()).length, index, "others get it at once");
    }
    assert.equal(hub.stats().tooSlow, slow === "disconnect" ? 1 : 0);
    const idle = slowPolicies.filter((policy) => policy !== slow).map((policy) => hub.stats().policies[policy]);
    assert.deepEqual([hub.stats().policies[slow].times, idle], [1, Array.from({ length: 3 }, () => ({ times: 0, messages: 0 }))]);
    stalled.drain();
    await settle();
    checkStalled(slow, stalled);
    const counted = hub.stats().policies[slow].messages;
    if (slow === "spill") assert.ok(counted > messages / 2 && counted < messages, `${counted} read again`);
    else assert.equal(counted, slow === "disconnect" ? 0 : messages - indexes(stalled).length);
    assert.equal(hub.queuedBytes, 0);
    hub.close();
    assert.equal(clock.pending, 0);
  });
}

const all = Array.from({ length: messages }, (_, index) => index + 1);

function checkStalled(slow: SlowPolicy, client: TestClient): void {
  const heard = indexes(client);
  const [gap, ...more] = client.all("gap");
  assert.deepEqual(more, []);
  if (slow === "disconnect") assert.deepEqual(client.closedWith, { code: 4503, reason: "too-slow" });
  else if (slow === "spill") assert.deepEqual([heard, gap], [all, undefined]);
  else {
    assert.equal(heard.length + (gap?.count ?? 0), messages, "what is missing is counted");
    assert.equal(heard.at(-1), messages, "the newest is there");
    if (slow === "latest") assert.equal(heard.length, 2);
    else assert.deepEqual(heard.slice(1), all.slice(1 - heard.length), "the newest that fit");
    assert.equal(client.all("message").find(({ previous }) => previous === gap?.position)?.position, client.all("message")[1]?.position);
  }
}

test("contract 8: 1,000 readers that stood still come back by shared pages", async () => {
  const { hub, connected } = testHub({ rules: { slow: "spill" }, outboundBytes: cap });
  const clients = Array.from({ length: 1_000 }, () => connected());
  for (const client of clients) client.say({ type: "join", ref: 1, room: "a" });
  await settle();
  for (const client of clients) client.roomBelow = 0;
  for (let index = 1; index <= messages; index++) await hub.publish("a", { data: data(index) });
  assert.ok(hub.queuedBytes <= 1_000 * cap);
  assert.equal(hub.stats().spilled, 1_000);
  for (const client of clients) client.drain();
  for (let turn = 0; turn < 5; turn++) await settle();
  for (const client of clients) assert.deepEqual(indexes(client), all);
  const texts = new Set(clients.flatMap((client) => client.raw.filter((_, place) => client.heard[place]?.type === "message")));
  assert.ok(texts.size <= messages * 2, `${texts.size} texts for ${messages} messages`);
  assert.deepEqual([hub.stats().spilled, hub.stats().queuedBytes], [0, 0]);
  assert.ok(hub.stats().spillPages <= 5, `${hub.stats().spillPages} pages`);
});

for (const slow of ["drop-oldest", "latest"] as const) {
  test(`contract 8: a gap counts nothing across the word that continuity is lost, by ${slow}`, async () => {
    const clock = new FakeClock();
    const broker = new MemoryBroker({ clock, ids: countingIds() });
    const { hub, connected } = testHub({ clock, broker, rules: { slow }, outboundBytes: 2_000 });
    const client = connected();
    await client.join("a");
    client.roomBelow = 0;
    for (let index = 1; index <= 20; index++) await hub.publish("a", { data: data(index) });
    const { top } = await broker.read("a", { newest: 0 });
    await broker.rotate("a", top.epoch);
    await settle();
    for (let index = 21; index <= 40; index++) await hub.publish("a", { data: data(index) });
    client.drain();
    await settle();
    const kinds = client.heard.map(({ type }) => type).filter((type) => type === "gap" || type === "insufficient");
    assert.deepEqual(kinds, ["gap", "insufficient", "gap"]);
    const [before, after] = client.all("gap");
    const [old, fresh] = [client.data.filter((one) => (one as { index: number }).index <= 20), client.all("message").slice(-1)];
    assert.equal((before?.count ?? 0) + old.length, 20, "those of the old epoch");
    assert.equal((after?.count ?? 0) + client.data.length - old.length, 20, "those of the new one");
    assert.ok(slow !== "latest" || fresh[0]?.previous === after?.position);
    hub.close();
  });
}

/** Bytes on the heap after everything that can go has gone. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) collect();
  return process.memoryUsage().heapUsed;
}

for (const slow of slowPolicies) {
  test(`R3: a stalled reader among 1,000 holds no more than its cap on the heap while 16 MiB pass by, by ${slow}`, async () => {
    const heapCap = 256 * 1024;
    const { hub, connected } = testHub({ rules: { slow, history: { messages: 5 } }, outboundBytes: heapCap });
    const clients = Array.from({ length: 1_000 }, () => connected());
    for (const client of clients) client.say({ type: "join", ref: 1, room: "a" });
    await settle();
    // What the clients of the test heard is theirs, not the hub's.
    for (const client of clients) client.forget = true;
    const stalled = clients[500] ?? assert.fail();
    await hub.publish("a", { data: "warm" });
    stalled.roomBelow = 0;
    const before = heapBytes();
    for (let index = 0; index < 1_000; index++) await hub.publish("a", { data: `${index}${"x".repeat(16 * 1024)}` });
    const held = heapBytes() - before;
    assert.ok(hub.queuedBytes <= heapCap, `${hub.queuedBytes} bytes wait`);
    // Besides: five messages of history, the one below, the hub's own books.
    assert.ok(held < heapCap + 768 * 1024, `${held} bytes are held`);
    hub.close();
  });
}
