import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { Claims } from "../../src/access/claims.ts";
import { MemoryBroker } from "../../src/memory-broker.ts";
import { BrokerDouble } from "../support/broker-double.ts";
import { countingIds } from "../support/test-hub.ts";

test("O: of a hundred attempts on three nodes at the same time exactly one may use a ticket (R13, contract 6)", async () => {
  const clock = new FakeClock();
  const broker = new MemoryBroker({ clock, ids: countingIds() });
  const nodes = ["a", "b", "c"].map((node) => new Claims(broker, clock, countingIds(node)));
  const attempts = Array.from({ length: 100 }, async (_, at) => await nodes[at % 3]?.take("one", 30_000));
  assert.equal((await Promise.all(attempts)).filter(Boolean).length, 1);
  assert.equal(await nodes[0]?.take("two", 30_000), true);
  clock.advance(29_999);
  assert.equal(await nodes[1]?.take("two", 30_000), false);
  broker.close();
});

test("an attempt whose outcome was unknown is repeated under its own mark, and knows its own first publish again", async () => {
  const broker = new BrokerDouble();
  const claims = new Claims(broker, new FakeClock(), countingIds());
  const position = { epoch: "e", offset: 1, tag: "t" };
  broker.outcomes.push(
    async () => ({ outcome: "unknown" }),
    () => Promise.reject(new Error("the line broke")),
    async () => ({ outcome: "duplicate", position }),
  );
  assert.equal(await claims.take("t", 1000), true);
  assert.equal(new Set(broker.publications.map((publication) => publication.idempotency?.fingerprint)).size, 1);
  assert.deepEqual([broker.publications[0]?.idempotency?.key, broker.publications[0]?.idempotency?.windowMs], ["ticket:t", 1000]);
});

test("when the broker does not say, nobody may use it", async () => {
  const broker = new BrokerDouble();
  broker.outcomes.push(...Array.from({ length: 3 }, () => async () => ({ outcome: "unknown" }) as const));
  await assert.rejects(new Claims(broker, new FakeClock(), countingIds()).take("t", 1000), /does not say/);
});
