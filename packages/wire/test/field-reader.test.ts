import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault, FieldReader } from "../src/field-reader.ts";

test("only own fields are read: nothing comes from a prototype", () => {
  const fields = new FieldReader(Object.create({ room: "inherited" }));
  assert.ok(!fields.has("room") && !fields.has("toString"));
  assert.throws(() => fields.text("room"), /room must be a string, got nothing/);
});

test("a fault within an object or a list names the whole path", () => {
  const fields = new FieldReader({ members: [{ session: "s" }, { session: 7 }] });
  assert.throws(() => fields.list("members", (item) => item.text("session")), {
    code: "bad-message",
    message: "members[1].session must be a string, got 7",
  });
  assert.throws(() => new FieldReader({ session: [] }).object("session"), Fault);
});

test("an integer is from 0 to its limit, and -0 is 0", () => {
  const fields = new FieldReader({ a: 3, b: -0, c: 4, d: 0.5, e: "3" });
  assert.deepEqual([fields.integer("a", 3), Object.is(fields.integer("b", 3), 0)], [3, true]);
  for (const field of ["c", "d", "e", "f"]) assert.throws(() => fields.integer(field, 3), /an integer from 0 to 3/);
});
