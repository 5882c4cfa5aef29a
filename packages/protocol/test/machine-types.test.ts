import assert from "node:assert/strict";
import test from "node:test";
import { Event } from "../src/machine-types.ts";

test("event kinds are small integers from 0 without a gap, so that they fit a switch and a bit mask", () => {
  assert.deepEqual(
    Object.values(Event),
    Array.from({ length: 17 }, (_, at) => at),
  );
});

test("Text and Binary have the numbers of their opcodes (RFC 6455 §5.2)", () => assert.deepEqual([Event.Text, Event.Binary], [1, 2]));
