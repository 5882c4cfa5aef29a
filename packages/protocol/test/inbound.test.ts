import assert from "node:assert/strict";
import test from "node:test";
import { Inbound } from "../src/inbound.ts";
import { MachineEvent } from "../src/machine-event.ts";
import { Event } from "../src/machine-types.ts";
import { closePayload, concat, masked } from "./frames.ts";
import { platform } from "./node-platform.ts";

function inboundOf(): { readonly inbound: Inbound; readonly event: MachineEvent } {
  const event = new MachineEvent();
  const options = { platform, masked: true, compression: true, maxPayloadBytes: 100, maxFragments: 10, skipUtf8Validation: false };
  return { inbound: new Inbound(options, event, false, false), event };
}

test("messages, control frames and faults come one by one, their fields on the event (RFC 6455 §5.4, §5.5)", () => {
  const { inbound, event } = inboundOf();
  inbound.feed(
    Uint8Array.from(concat(masked(1, "a", { fin: false }), masked(9, "p"), masked(0, "b"), masked(8, closePayload(4000, "r")))),
    false,
  );
  assert.equal(inbound.read(), Event.Ping);
  assert.equal(Buffer.from(event.data).toString(), "p");
  assert.equal(inbound.read(), Event.Text);
  assert.equal(inbound.text(), "ab");
  assert.equal(inbound.read(), Event.Close);
  assert.deepEqual([inbound.closeCode, inbound.closeReason], [4000, "r"]);
  assert.equal(inbound.read(), Event.None);
});

test("while the codec is asked nothing is read; its answer is bounded by the limit (RFC 7692 §8.1)", () => {
  const { inbound, event } = inboundOf();
  inbound.feed(Uint8Array.from(concat(masked(2, "xx", { rsv: 4 }), masked(1, "next"))), false);
  assert.equal(inbound.read(), Event.Inflate);
  assert.equal(event.limit, 100);
  assert.ok(inbound.waitsForCodec && !inbound.hasWork);
  assert.equal(inbound.read(), Event.None);
  inbound.inflated(new Uint8Array(101));
  assert.ok(inbound.hasWork);
  assert.equal(inbound.read(), Event.Error);
  assert.equal(inbound.fault?.code, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
});

test("the limit shrinks with what the message has inflated to so far (RFC 7692 §8.1)", () => {
  const { inbound, event } = inboundOf();
  inbound.feed(Uint8Array.from(concat(masked(2, "xx", { rsv: 4, fin: false }), masked(0, "yy"))), false);
  assert.equal(inbound.read(), Event.Inflate);
  assert.deepEqual([event.limit, event.final], [100, false]);
  inbound.inflated(new Uint8Array(60));
  assert.equal(inbound.read(), Event.Inflate);
  assert.deepEqual([event.limit, event.final], [40, true]);
  inbound.inflated(new Uint8Array(40));
  assert.equal(inbound.read(), Event.Binary);
  assert.equal(event.data.length, 100);
});

test("each compressed message has the whole limit for itself (RFC 7692 §8.1)", () => {
  const { inbound, event } = inboundOf();
  inbound.feed(Uint8Array.from(concat(masked(2, "xx", { rsv: 4 }), masked(2, "yy", { rsv: 4 }))), false);
  for (let at = 0; at < 2; at++) {
    assert.equal(inbound.read(), Event.Inflate);
    assert.equal(event.limit, 100);
    inbound.inflated(new Uint8Array(90));
    assert.equal(inbound.read(), Event.Binary);
  }
});

test("an answer nobody asked for is the caller's fault, one that comes after drop is ignored", () => {
  const { inbound } = inboundOf();
  assert.throws(() => inbound.inflated(new Uint8Array(1)), { code: "USAGE_NOT_WAITING" });
  inbound.feed(Uint8Array.from(masked(2, "xx", { rsv: 4 })), false);
  assert.equal(inbound.read(), Event.Inflate);
  inbound.drop();
  inbound.inflateFailed("data", "late");
  assert.equal(inbound.hasWork, false);
});
