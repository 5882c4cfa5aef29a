import assert from "node:assert/strict";
import { test } from "node:test";
import { readRabbitAddress } from "../../src/rabbitmq/index.ts";

test("an address says where, and how rooms are laid there", () => {
  const plain = { url: "amqp://h", shown: "amqp://h", prefix: "openline", partitions: 4, hours: 2 };
  assert.deepEqual(readRabbitAddress("amqp://h"), plain);
  assert.deepEqual(readRabbitAddress("amqps://ann:p%40ss@h:1/vhost?prefix=shop&partitions=8&hours=24"), {
    url: "amqps://ann:p%40ss@h:1/vhost",
    shown: "amqps://h:1/vhost",
    prefix: "shop",
    partitions: 8,
    hours: 24,
  });
});

test("an address that cannot be used is named, without its password", () => {
  const wrong: [string, RegExp][] = [
    ["", /must be amqp:\/\/HOST:PORT/],
    ["redis://u:secret@h", /must be amqp:\/\/HOST:PORT/],
    ["amqp://", /names no host/],
    ["amqp://u:secret@h?heartbeat=1", /\?heartbeat: it may have prefix, partitions, hours/],
    ["amqp://u:secret@h?prefix=a%20b", /prefix "a b"/],
    ["amqp://u:secret@h?partitions=0", /partitions=0: it must be 1 to 64/],
    ["amqp://u:secret@h?hours=many", /hours=many: it must be 1 to 744/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(
      () => readRabbitAddress(text),
      (error: Error & { code?: string }) => error.code === "bad-address" && message.test(error.message) && !/secret/.test(error.message),
      text,
    );
  }
});
