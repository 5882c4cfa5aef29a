import assert from "node:assert/strict";
import test from "node:test";
import { prepareBinary, prepareText, prepareUtf8, withDeflated } from "../src/prepared.ts";
import { frame } from "./frames.ts";
import { platform } from "./node-platform.ts";

test("a message is framed once, unmasked, in the shortest form (RFC 6455 §5.2)", () => {
  for (const text of ["", "für alle", "a".repeat(126), "€".repeat(30_000)]) {
    const bytes = Buffer.from(text);
    for (const [prepared, opcode] of [
      [prepareText(text, platform), 1],
      [prepareUtf8(bytes, platform), 1],
      [prepareBinary(bytes, platform), 2],
    ] as const) {
      assert.deepEqual(Buffer.from(prepared.frame), Buffer.from(frame({ opcode, payload: text })));
      assert.deepEqual(Buffer.from(prepared.payload), bytes);
      assert.equal(prepared.deflated, undefined);
    }
  }
});

test("its compressed form carries RSV1 (RFC 7692 §6.1)", () => {
  const prepared = withDeflated(prepareText("hello", platform), Buffer.from("zz"), platform);
  assert.deepEqual(Buffer.from(prepared.deflated ?? []), Buffer.from(frame({ opcode: 1, rsv: 4, payload: "zz" })));
});
