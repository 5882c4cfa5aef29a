import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createLog } from "../src/log.ts";
import { type StoreSettings, storeOf } from "../src/open-store.ts";

const settings: StoreSettings = { data: undefined, durability: "os", broker: undefined, brokerCa: undefined, brokerKeyFile: undefined };

function scratch(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "openline-store-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("without a word rooms live in memory: there is nothing to open", () => {
  assert.equal(storeOf(settings, createLog({ level: "silent" })), undefined);
});

for (const durability of ["os", "fsync"] as const) {
  test(`a data directory is opened at level ${durability}, logged, and free again when it was closed`, async (t) => {
    const lines: string[] = [];
    const log = createLog({ destination: { write: (line) => void lines.push(line) } });
    const open = storeOf({ ...settings, data: join(scratch(t), "rooms"), durability }, log);
    assert.ok(open !== undefined);
    const { broker, close } = await open();
    const retention = { messages: 5, bytes: 100, ageMs: 60_000 };
    assert.equal((await broker.publish("a", { content: '"data":1', bytes: 8, time: Date.now(), retention })).outcome, "stored");
    await assert.rejects(open(), { name: "BrokerError", code: "in-use" });
    await close();
    const again = await open();
    assert.equal((await again.broker.rooms())[0]?.messages, 1);
    await again.close();
    assert.match(lines[0] ?? "", new RegExp(`"durability":"${durability}","msg":"rooms are kept on disk"`));
  });
}

test("an engine that cannot be used is refused in one line without its password", async () => {
  const log = createLog({ level: "silent" });
  const tries: [Partial<StoreSettings>, string, RegExp][] = [
    [{ broker: "redis://u:hidden@127.0.0.1:1" }, "unreachable", /cannot use the Redis at redis:\/\/127\.0\.0\.1:1/],
    [{ broker: "nats://u:hidden@127.0.0.1:1" }, "unreachable", /cannot use the NATS at nats:\/\/127\.0\.0\.1:1/],
    [{ broker: "amqp://u:hidden@127.0.0.1:1" }, "unreachable", /cannot use the RabbitMQ at amqp:\/\/127\.0\.0\.1:1/],
    [{ broker: "kafka://u:hidden@127.0.0.1:1" }, "unreachable", /cannot use the Kafka at kafka:\/\/127\.0\.0\.1:1/],
    [{ broker: "http://u:hidden@host" }, "bad-address", /must begin with redis:/],
    [{ broker: "redis://u:hidden@host/x" }, "bad-address", /path \/x/],
    [{ broker: "redis://u:hidden@host", brokerKeyFile: "/nowhere/key" }, "bad-key", /cannot read the keys in \/nowhere\/key/],
    [
      { broker: "redis://u:hidden@host", brokerKeyFile: fileURLToPath(import.meta.url) },
      "bad-key",
      /^key \d+ in .*open-store.test.ts has \d+ bytes, it must have 32 or more/,
    ],
    [{ broker: "rediss://u:hidden@host", brokerCa: "/nowhere/ca.pem" }, "bad-address", /certificates in \/nowhere\/ca\.pem/],
  ];
  for (const [given, code, message] of tries) {
    const open = storeOf({ ...settings, ...given }, log);
    await assert.rejects(open?.() ?? assert.fail(), (error: Error & { code?: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /hidden|\n/);
      return true;
    });
  }
});
