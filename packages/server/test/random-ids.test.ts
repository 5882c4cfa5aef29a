import assert from "node:assert/strict";
import { test } from "node:test";
import { randomIds } from "../src/random-ids.ts";

test("ids are visible ASCII without dots, and no two are alike", () => {
  for (const kind of ["sessionId", "secret", "epoch", "tag"] as const) {
    const made = Array.from({ length: 1000 }, () => randomIds[kind]());
    assert.equal(new Set(made).size, made.length);
    for (const id of made) assert.match(id, /^[\w-]{1,36}$/);
  }
});

test("a resume secret has 192 bits", () => assert.equal(Buffer.from(randomIds.secret(), "base64url").length, 24));
