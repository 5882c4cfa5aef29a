import assert from "node:assert/strict";
import { test } from "node:test";
import { outgoing } from "@openline/hub";
import { Heard, heardIn } from "../src/heard.ts";

test("a message is read once, however many ask", () => {
  const message = outgoing('{"type":"pong","ref":1}');
  assert.equal(heardIn(message), heardIn(message));
  assert.deepEqual(heardIn(message).message, { type: "pong", ref: 1 });
});

test("what this version does not know says nothing", () => {
  assert.equal(new Heard('{"type":"tomorrow"}').message, undefined);
});
