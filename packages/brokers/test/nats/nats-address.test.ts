import assert from "node:assert/strict";
import { test } from "node:test";
import { readNatsAddress } from "../../src/nats/index.ts";

test("an address says where, with what, and how rooms are laid there", () => {
  const plain = { isSecure: false, user: undefined, password: undefined, prefix: "openline", replicas: 1, credentials: undefined };
  assert.deepEqual(readNatsAddress("nats://h"), { ...plain, servers: ["h:4222"], shown: "nats://h" });
  assert.deepEqual(readNatsAddress("nats+tls://ann:p%40ss@h:1?prefix=shop&server=i:2&server=[::1]:3&replicas=3&credentials=/c"), {
    servers: ["h:1", "i:2", "[::1]:3"],
    isSecure: true,
    user: "ann",
    password: "p@ss",
    shown: "nats+tls://h:1",
    prefix: "shop",
    replicas: 3,
    credentials: "/c",
  });
  assert.equal(readNatsAddress("nats://token@h").user, "token");
});

test("an address that cannot be used is named, without its password", () => {
  const wrong: [string, RegExp][] = [
    ["", /must be nats:\/\/HOST:PORT/],
    ["redis://h", /must be nats:\/\/HOST:PORT/],
    ["nats://", /names no host/],
    ["nats://u:secret@h/3", /the path \/3/],
    ["nats://u:secret@h?stream=a", /\?stream: it may have prefix, server, replicas, credentials/],
    ["nats://u:secret@h?prefix=a.b", /prefix "a\.b"/],
    ["nats://u:secret@h?replicas=7", /replicas=7/],
    ["nats://u:secret@h?server=nowhere", /server=nowhere: it must be HOST:PORT/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => readNatsAddress(text),
      (error: Error & { code?: string }) => error.code === "bad-address" && message.test(error.message) && !/secret/.test(error.message),
      text,
    );
  }
});
