import assert from "node:assert/strict";
import { test } from "node:test";
import { BrokerDouble } from "./support/broker-double.ts";
import { testHub } from "./support/test-hub.ts";

async function reader(filled: number) {
  const broker = new BrokerDouble();
  broker.fill(filled);
  const client = testHub({ broker }).connected();
  await client.join("a");
  const page = async (more: Record<string, unknown> = {}): Promise<[unknown[], boolean]> => {
    const { messages, complete } = await client.expect("history", { type: "history", room: "a", ...more });
    return [messages.map(({ data }) => data), complete];
  };
  const refused = async (more: Record<string, unknown>): Promise<string> =>
    (await client.expect("error", { type: "history", room: "a", ...more })).code;
  return { broker, client, page, refused };
}

const run = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test("history goes back page by page to the oldest that is kept, and forward again to the newest (hub-v1, History)", async () => {
  const { broker, page } = await reader(10);
  assert.deepEqual(await page({ limit: 4 }), [run(7, 10), false]);
  assert.deepEqual(await page({ before: "e.7.t7", limit: 4 }), [run(3, 6), false]);
  assert.deepEqual(await page({ before: "e.3.t3", limit: 2 }), [run(1, 2), true]);
  assert.deepEqual(await page({ before: "e.1.t1" }), [[], true]);
  assert.deepEqual(await page({ after: "e.0.0", limit: 6 }), [run(1, 6), false]);
  assert.deepEqual(await page({ after: "e.6.t6", limit: 4 }), [run(7, 10), true]);
  assert.deepEqual(await page({ after: "e.10.t10" }), [[], true]);
  broker.kept = broker.kept.slice(4);
  assert.deepEqual(await page({ before: "e.8.t8" }), [run(5, 7), true]);
  assert.deepEqual(await page({ before: "e.3.t3" }), [[], true]);
  assert.deepEqual(await page({ after: "e.4.t4", limit: 2 }), [run(5, 6), false]);
});

test("without a limit a page has 50 messages; it has 256 KiB at most, or one message", async () => {
  const { broker, page } = await reader(120);
  assert.deepEqual(await page(), [run(71, 120), false]);
  broker.kept = broker.kept.map((message) => ({ ...message, bytes: 100_000 }));
  assert.deepEqual(await page(), [run(119, 120), false]);
  assert.deepEqual(await page({ after: "e.9.t9" }), [run(10, 11), false]);
  broker.kept = broker.kept.map((message) => ({ ...message, bytes: 300_000 }));
  assert.deepEqual(await page({ before: "e.9.t9" }), [[8], false]);
});

test("a position that the history does not know is refused with unknown-position (hub-v1, History)", async () => {
  const { broker, refused } = await reader(10);
  for (const position of ["nonsense", "other.3.t3", "e.3.forged", "e.11.t11", "e.10.forged"]) {
    assert.equal(await refused({ before: position }), "unknown-position", `before ${position}`);
    assert.equal(await refused({ after: position }), "unknown-position", `after ${position}`);
  }
  broker.kept = broker.kept.slice(4);
  assert.equal(await refused({ after: "e.2.t2" }), "unknown-position", "what follows has expired");
});

test("history is for members, in one direction, of 1 to 1,000 messages (hub-v1, From the client)", async () => {
  const { client, refused } = await reader(1);
  assert.equal((await client.expect("error", { type: "history", room: "b" })).code, "not-joined");
  assert.equal(await refused({ before: "e.1.t1", after: "e.1.t1" }), "bad-message");
  for (const limit of [0, 1_001, -1, "5"]) assert.equal(await refused({ limit }), "bad-message");
});

test("messages of a page have the fields of live ones (hub-v1, From the server)", async () => {
  const { hub, connected } = testHub();
  const client = connected("Ada");
  await client.join("a");
  await client.publish("a", { text: "你好 👋" }, { id: "i" });
  await hub.publish("a", { data: null });
  const { messages } = await client.expect("history", { type: "history", room: "a" });
  assert.deepEqual(
    messages.map((message) => ({ type: "message", room: "a", ...message })),
    client.all("message"),
  );
});
