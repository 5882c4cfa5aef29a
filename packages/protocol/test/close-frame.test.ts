import assert from "node:assert/strict";
import test from "node:test";
import { decodeClose, encodeClose } from "../src/close-frame.ts";
import { closePayload } from "./frames.ts";
import { platform } from "./node-platform.ts";

test("code and reason go through a close frame and back (RFC 6455 §5.5.1)", () => {
  for (const [code, reason] of [
    [1000, ""],
    [1001, "going"],
    [4999, "再见 👋"],
    [3000, "x".repeat(123)],
  ] as const) {
    const payload = encodeClose(code, reason, platform);
    assert.deepEqual(Buffer.from(payload), closePayload(code, reason));
    assert.deepEqual(decodeClose(payload, platform, false), { code, reason });
  }
});

test("a close frame without a payload is 1005 (RFC 6455 §7.1.5)", () => {
  assert.equal(encodeClose(undefined, "", platform).length, 0);
  assert.deepEqual(decodeClose(new Uint8Array(0), platform, false), { code: 1005, reason: "" });
});

test("what may not be sent is refused (RFC 6455 §5.5, §7.4)", () => {
  assert.throws(() => encodeClose(1006, "", platform), { code: "USAGE_CLOSE_CODE", message: /1006/ });
  assert.throws(() => encodeClose(1000, "x".repeat(124), platform), { code: "USAGE_CLOSE_REASON", message: /124.*123/ });
  assert.throws(() => encodeClose(undefined, "x", platform), { code: "USAGE_CLOSE_REASON_WITHOUT_CODE" });
});

test("a wrong code and a wrong reason are faults of the peer (RFC 6455 §7.4, §8.1)", () => {
  assert.deepEqual(decodeClose(closePayload(1004), platform, false), { fault: "WS_ERR_INVALID_CLOSE_CODE", value: 1004 });
  assert.deepEqual(decodeClose(closePayload(1000, Buffer.from([0xc0])), platform, false), { fault: "WS_ERR_INVALID_UTF8", value: 0 });
});
