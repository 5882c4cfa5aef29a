import assert from "node:assert/strict";
import { test } from "node:test";
import { readKafkaAddress } from "../../src/kafka/index.ts";

test("an address says where, with what, and how rooms are laid there", () => {
  const plain = { isSecure: false, sasl: undefined, prefix: "openline", hours: 2 };
  assert.deepEqual(readKafkaAddress("kafka://h"), { ...plain, servers: [{ host: "h", port: 9092 }], shown: "kafka://h" });
  assert.deepEqual(readKafkaAddress("kafka+tls://ann:p%40ss@h:1?prefix=shop&server=i:2&server=[::1]:3&sasl=scram-sha-512&hours=24"), {
    servers: [
      { host: "h", port: 1 },
      { host: "i", port: 2 },
      { host: "::1", port: 3 },
    ],
    isSecure: true,
    sasl: { mechanism: "scram-sha-512", username: "ann", password: "p@ss" },
    shown: "kafka+tls://h:1",
    prefix: "shop",
    hours: 24,
  });
  assert.equal(readKafkaAddress("kafka://u:p@h").sasl?.mechanism, "plain");
});

test("an address that cannot be used is named, without its password", () => {
  const wrong: [string, RegExp][] = [
    ["", /must be kafka:\/\/HOST:PORT/],
    ["redis://u:secret@h", /must be kafka:\/\/HOST:PORT/],
    ["kafka://", /names no host/],
    ["kafka://u:secret@h/3", /the path \/3/],
    ["kafka://u:secret@h?group=a", /\?group: it may have prefix, server, sasl, hours/],
    ["kafka://u:secret@h?prefix=a%20b", /prefix "a b"/],
    ["kafka://u:secret@h?server=nowhere", /server=nowhere: it must be HOST:PORT/],
    ["kafka://u:secret@h?sasl=gssapi", /sasl=gssapi: it must be plain, scram-sha-256, scram-sha-512/],
    ["kafka://h?sasl=plain", /sasl=plain and no user/],
    ["kafka://u:secret@h?hours=0", /hours=0: it must be 1 to 744/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => readKafkaAddress(text),
      (error: Error & { code?: string }) => error.code === "bad-address" && message.test(error.message) && !/secret/.test(error.message),
      text,
    );
  }
});
