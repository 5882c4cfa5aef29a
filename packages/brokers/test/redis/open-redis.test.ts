import assert from "node:assert/strict";
import { test } from "node:test";
import { freePort } from "@openline/testkit";
import { redisSessions } from "../../src/redis/open-redis.ts";
import { readRedisAddress } from "../../src/redis/redis-address.ts";

for (const query of ["", "?cluster=true"]) {
  test(`where nobody listens, opening rejects and tells no loss${query}`, async () => {
    const open = await redisSessions(readRedisAddress(`redis://127.0.0.1:${await freePort()}${query}`), undefined, 1000);
    const events = { message: () => assert.fail("no message"), lost: () => {} };
    await assert.rejects(open(events, new AbortController().signal));
  });
}
