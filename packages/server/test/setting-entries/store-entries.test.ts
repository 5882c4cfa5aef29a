import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSettings } from "../../src/configuration.ts";
import { storeEntries } from "../../src/setting-entries/store-entries.ts";

test("where rooms are kept, or shared, arrives from flags", () => {
  const kept = loadSettings({ flags: { data: "rooms", durability: "fsync", cert: "cert.pem", key: "key.pem" } });
  assert.deepEqual([kept.data, kept.durability, kept.tls], ["rooms", "fsync", { cert: "cert.pem", key: "key.pem" }]);
  const flags = { broker: "rediss://redis.example", "broker-ca": "ca.pem", "broker-key-file": "keys" };
  const { broker, brokerCa, brokerKeyFile } = loadSettings({ flags });
  assert.deepEqual([broker, brokerCa, brokerKeyFile], ["rediss://redis.example", "ca.pem", "keys"]);
});

test("of the broker's address no password is shown", () => {
  assert.deepEqual(
    storeEntries.filter(({ secret }) => secret !== undefined).map(({ flag, secret }) => [flag, secret]),
    [["broker", "address"]],
  );
});
