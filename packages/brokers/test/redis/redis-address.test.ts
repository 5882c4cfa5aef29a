import assert from "node:assert/strict";
import { test } from "node:test";
import { readRedisAddress } from "../../src/redis/redis-address.ts";

const good: readonly (readonly [string, ReturnType<typeof readRedisAddress>])[] = [
  ["redis://localhost", { url: "redis://localhost", shown: "redis://localhost", prefix: "openline", cluster: false, nodes: [] }],
  [
    "rediss://ann:s%40cret@db.example:6380/3?prefix=shop",
    { url: "rediss://ann:s%40cret@db.example:6380/3", shown: "rediss://db.example:6380/3", prefix: "shop", cluster: false, nodes: [] },
  ],
  [
    "redis://:pw@[::1]:1?cluster=true&node=b.example:2&node=[::1]:3",
    { url: "redis://:pw@[::1]:1", shown: "redis://[::1]:1", prefix: "openline", cluster: true, nodes: ["b.example:2", "[::1]:3"] },
  ],
];

for (const [text, address] of good) {
  test(`an address is read with its prefix and without its password in what is shown: ${address.shown}`, () => {
    assert.deepEqual(readRedisAddress(text), address);
  });
}

const bad: readonly (readonly [string, RegExp])[] = [
  ["localhost:6379", /must be redis:\/\/HOST:PORT/],
  ["http://localhost", /must be redis:\/\/HOST:PORT/],
  ["", /must be/],
  ["redis://:secret@host/abc", /path \/abc/],
  ["redis://:secret@host?prefx=a", /\?prefx: it may have prefix, cluster, node/],
  ["redis://:secret@host?prefix=a*", /prefix "a\*"/],
  ["redis://:secret@host?prefix={a}", /prefix "\{a\}"/],
  ["redis://:secret@host?cluster=yes", /cluster=yes/],
  ["redis://:secret@host?node=b:1", /add cluster=true/],
  ["redis://:secret@host?cluster=true&node=b", /node=b: it must be HOST:PORT/],
  ["redis://:secret@host/2?cluster=true", /only number 0/],
];

for (const [text, message] of bad) {
  test(`an address is refused in one line that names what is wrong and no password: ${text}`, () => {
    assert.throws(
      () => readRedisAddress(text),
      (error: Error & { code?: string }) => error.code === "bad-address" && message.test(error.message) && !/secret|\n/.test(error.message),
    );
  });
}
