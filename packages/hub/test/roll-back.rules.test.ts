import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { BrokerDouble } from "./support/broker-double.ts";
import { testHub } from "./support/test-hub.ts";

test("contract 2: the store falls from 100 to 80 and grows past 100: a client at the old 100 is told recovered false", async () => {
  const broker = new BrokerDouble();
  broker.fill(100);
  const { connected, events } = testHub({ broker });
  const client = connected();
  const { position } = await client.join("a");
  assert.equal(position, "e.100.t100");
  client.connection.closed(1000, true);
  broker.fill(120, 81, "new-");
  const back = await connected().join("a", { position, rewind: 2 });
  assert.deepEqual([back.recovered, back.replay, back.position], [false, 2, "e.120.new-t120"]);
  assert.ok(events.some((event) => event.type === "recovery-refused" && event.why === "rewritten"));
});

test("contract 2: a client at the old 80, which both histories share, is recovered", async () => {
  const broker = new BrokerDouble();
  broker.fill(120, 81, "new-");
  const joined = await testHub({ broker }).connected().join("a", { position: "e.80.t80" });
  assert.deepEqual([joined.recovered, joined.replay], [true, 40]);
});

test("contract 2: before the store has grown past 100 the client at the old 100 is told recovered false too", async () => {
  const broker = new BrokerDouble();
  for (const top of [80, 99, 100]) {
    broker.fill(top, 81, "new-");
    const joined = await testHub({ broker }).connected().join("a", { position: "e.100.t100" });
    assert.equal(joined.recovered, false, String(top));
  }
});

test("contract 2: connected clients are told insufficient when their node hears the rewritten history, and the epoch rotates", async () => {
  const broker = new BrokerDouble();
  broker.fill(100);
  const client = testHub({ broker }).connected();
  await client.join("a");
  broker.fill(90, 81, "new-");
  broker.tell(90);
  await settle();
  assert.deepEqual([broker.rotations, client.data], [["e"], []]);
  assert.deepEqual(client.all("insufficient"), [{ type: "insufficient", room: "a", position: "e+.0.0" }]);
});

test("contract 2: a store that grew past the node unseen does not slip its new messages under the old ones", async () => {
  const broker = new BrokerDouble();
  broker.fill(100);
  const client = testHub({ broker }).connected();
  await client.join("a");
  broker.fill(120, 81, "new-");
  broker.tell(120);
  await settle();
  assert.deepEqual([client.data, client.all("insufficient").length], [[], 1]);
});
