import assert from "node:assert/strict";
import { test } from "node:test";
import { BrokerDouble } from "./support/broker-double.ts";
import { testHub } from "./support/test-hub.ts";

test("the application publishes with an outcome: stored, duplicate, sent (contract 3)", async () => {
  const { hub, connected } = testHub();
  const client = connected();
  await client.join("a");
  const first = await hub.publish("a", { data: { text: "你好" }, id: "k", user: "Bot" });
  assert.ok(first.outcome === "stored");
  assert.deepEqual(await hub.publish("a", { data: { text: "你好" }, id: "k", user: "Bot" }), {
    outcome: "duplicate",
    position: first.position,
  });
  assert.deepEqual(await hub.publish("a", { data: 1, ephemeral: true }), { outcome: "sent" });
  const [message] = client.all("message");
  assert.deepEqual([message?.data, message?.user, message?.id, message?.session], [{ text: "你好" }, "Bot", "k", undefined]);
  assert.equal(client.all("ephemeral").length, 1);
});

const circle: unknown[] = [];
circle.push(circle);
const refusals: [string, Parameters<ReturnType<typeof testHub>["hub"]["publish"]>[1], string, RegExp][] = [
  ["", { data: 1 }, "bad-name", /room is empty/],
  ["$x", { data: 1 }, "forbidden", /"\$x"/],
  ["a", { data: undefined }, "bad-message", /data must be a JSON value/],
  ["a", { data: 1n }, "bad-message", /BigInt/],
  ["a", { data: circle }, "bad-message", /circular/],
  ["a", { data: "x".repeat(70_000) }, "bad-message", /65536/],
  ["a", { data: 1, id: "a b" }, "bad-message", /id must be 1 to 64/],
  ["a", { data: 1, user: " x" }, "bad-name", /user .* white space/],
];

test("what the application does wrong is rejected with a code and a text that names it", async () => {
  const { hub } = testHub();
  for (const [room, publication, code, message] of refusals) {
    const outcome = await hub.publish(room, publication);
    assert.ok(outcome.outcome === "rejected", JSON.stringify(outcome));
    assert.equal(outcome.code, code);
    assert.match(outcome.message, message);
  }
  assert.deepEqual(await hub.rooms(), []);
});

test("contract 3: other data under an id is rejected; a store that does not answer is unknown", async () => {
  const { hub } = testHub();
  await hub.publish("a", { data: 1, id: "k", subject: "ada" });
  const conflict = await hub.publish("a", { data: 2, id: "k", subject: "ada" });
  assert.equal(conflict.outcome === "rejected" && conflict.code, "id-conflict");
  assert.equal((await hub.publish("a", { data: 2, id: "k", subject: "eve" })).outcome, "stored");
  const broker = new BrokerDouble();
  broker.outcomes.push(
    () => Promise.resolve({ outcome: "unknown" }),
    () => Promise.reject(new Error("gone")),
  );
  const other = testHub({ broker });
  assert.deepEqual(await other.hub.publish("a", { data: 1 }), { outcome: "unknown" });
  assert.deepEqual(await other.hub.publish("a", { data: 1 }), { outcome: "unknown" });
});
