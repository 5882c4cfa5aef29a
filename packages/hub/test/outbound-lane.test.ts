import assert from "node:assert/strict";
import { test } from "node:test";
import { OutboundLane } from "../src/outbound-lane.ts";
import { at } from "./support/messages.ts";

test("a gap tells how many are missing and where the client stands after them (hub-v1, Slow readers)", () => {
  const lane = new OutboundLane("你好", "latest", at(1));
  const message = lane.gapMessage({ what: 3, lane, position: at(4) }, 3);
  assert.deepEqual(JSON.parse(message.text), { type: "gap", room: "你好", count: 3, position: "e.4.t4" });
  assert.equal(message.bytes, Buffer.byteLength(message.text));
});
