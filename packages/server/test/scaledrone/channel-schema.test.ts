import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { scaledroneSchema } from "../../src/scaledrone/channel-schema.ts";

const secret = "0123456789abcdef0123456789abcdef";

test("channels by id, each with its secret and what it overrides", () => {
  const given = { KtJ2qzn3CF3svSFe: { secret, prefix: "", requireAuth: false, history: true } };
  assert.deepEqual(v.parse(scaledroneSchema, given), given);
});

test("what is wrong is named, but never a secret", () => {
  const faults: [unknown, RegExp][] = [
    [{ "a b": { secret } }, /a channel's id of 1 to 64 letters and digits, .*, not "a b"/],
    [{ api: { secret } }, /neither api nor v3: those paths are taken, not "api"/],
    [{ a: { secret: "short-secret" } }, /^must be 16 to 256 visible ASCII characters$/],
    [{ a: { secret, prefix: "$x" } }, /does not begin with \$, not "\$x"/],
    [{ a: { secret, history: "yes" } }, /must be true or false, not "yes"/],
    [[], /an object/],
  ];
  for (const [given, fault] of faults) {
    const result = v.safeParse(scaledroneSchema, given);
    assert.equal(result.success, false);
    const message = result.issues?.[0].message ?? "";
    assert.match(message, fault);
    assert.ok(!message.includes("short-secret"));
  }
});
