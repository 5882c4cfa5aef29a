import assert from "node:assert/strict";
import { test } from "node:test";
import { brokerProtocols, engineOf, secureProtocols } from "../src/broker-address.ts";

test("the protocol of an address says which engine is meant, and whether it is encrypted", () => {
  assert.deepEqual(engineOf("redis://h"), { engine: "Redis", isSecure: false });
  assert.deepEqual(engineOf("rediss://h"), { engine: "Redis", isSecure: true });
  assert.deepEqual(engineOf("nats+tls://h"), { engine: "NATS", isSecure: true });
  for (const wrong of ["", "redis", "http://h", "toString://h", "redis:h"]) assert.equal(engineOf(wrong), undefined, wrong);
});

test("people are told of all of them", () => {
  assert.match(brokerProtocols, /^redis:\/\/, rediss:\/\/, .* or [a-z+]+:\/\/$/);
  assert.match(secureProtocols, /^rediss:\/\/, nats\+tls:\/\//);
});
