import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { checked, type StandardSchema, unchecked } from "../src/standard-schema.ts";

test("a value that passes comes back as the schema makes it", async () => {
  const schema = v.object({ text: v.pipe(v.string(), v.trim()) });
  assert.deepEqual(await checked(schema, { text: " 你好 ", more: 1 }), { value: { text: "你好" } });
});

test("what does not pass is told in one line that names where", async () => {
  assert.deepEqual(await checked(v.object({ a: v.array(v.number("no number")) }), { a: [1, "x"] }), { fault: "a.1: no number" });
  assert.deepEqual(await checked(v.string("no text"), 1), { fault: "no text" });
});

test("a validator may take its time, give plain keys as a path, and no message at all", async () => {
  const schema: StandardSchema = {
    "~standard": { version: 1, vendor: "x", validate: () => Promise.resolve({ issues: [{ message: "bad", path: ["a", 0] }] }) },
  };
  assert.deepEqual(await checked(schema, 1), { fault: "a.0: bad" });
  const mute: StandardSchema = { "~standard": { version: 1, vendor: "x", validate: () => ({ issues: [] }) } };
  assert.deepEqual(await checked(mute, 1), { fault: "the data do not have the form that this room asks for" });
});

test("unchecked lets everything pass as it is", async () => assert.deepEqual(await checked(unchecked<number>(), "x"), { value: "x" }));
