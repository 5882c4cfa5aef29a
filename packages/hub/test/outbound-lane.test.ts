import assert from "node:assert/strict";
import { test } from "node:test";
import { OutboundLane } from "../src/outbound-lane.ts";
import { at } from "./support/messages.ts";

test("a gap tells how many are missing and where the client stands after them (hub-v1, Slow readers)", () => {
  const lane = new OutboundLane("你好", { slow: "latest", slowBytes: 10 }, at(1));
  const message = lane.gapMessage({ what: 3, lane, position: at(4) }, 3);
  assert.deepEqual(JSON.parse(message.text), { type: "gap", room: "你好", count: 3, position: "e.4.t4" });
  assert.equal(message.bytes, Buffer.byteLength(message.text));
});

test("a room's own cap bounds what waits of it; a single message always may", () => {
  const lane = new OutboundLane("a", { slow: "spill", slowBytes: 10 }, at(1));
  assert.equal(lane.fits(100), true);
  lane.bytes = 4;
  assert.deepEqual([lane.fits(6), lane.fits(7)], [true, false]);
  lane.sent(4);
  assert.deepEqual([lane.bytes, lane.fits(11)], [0, true]);
});
