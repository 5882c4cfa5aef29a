import assert from "node:assert/strict";
import { test } from "node:test";
import { deflate, deflateNow } from "../../src/deflate/deflater.ts";
import { ZlibContext } from "../../src/deflate/zlib-context.ts";

const hex = (result: unknown): string => (result instanceof Uint8Array ? Buffer.from(result).toString("hex") : String(result));
const never = (): never => assert.fail("answered later");

test("the tail is cut off where the message ends, and only there (RFC 7692 §7.2.1)", (t) => {
  const context = new ZlibContext("deflate", {});
  t.after(() => context.close());
  assert.equal(hex(deflate(context, Buffer.from("Hello"), false, 1, never)), "f248cdc9c907000000ffff");
  assert.equal(hex(deflate(context, Buffer.from("Hello"), true, 1, never)), "f200110000");
});

test("an empty message, or an empty last fragment, is one byte and leaves the context alone (RFC 7692 §7.2.3.6)", (t) => {
  const context = new ZlibContext("deflate", {});
  t.after(() => context.close());
  assert.equal(hex(deflate(context, Buffer.alloc(0), true, 1, never)), "00");
  assert.equal(hex(deflate(context, Buffer.from("Hello"), true, 1, never)), "f248cdc9c90700");
});

test("32 KiB are compressed at once, more in the thread pool; the result is the same", async (t) => {
  const [first, second] = [new ZlibContext("deflate", {}), new ZlibContext("deflate", {})];
  t.after(() => [first, second].forEach((context) => context.close()));
  const data = Buffer.alloc(32_769, "Hello, world");
  assert.ok(deflate(first, data.subarray(1), true, 1, never));
  first.reset();
  const later = new Promise((resolve) => {
    assert.equal(deflate(first, data, true, 1, resolve), undefined);
  });
  assert.equal(hex(await later), hex(deflateNow(second.sync ?? assert.fail(), data, true)));
});

test("output of more than one chunk is put together", (t) => {
  const context = new ZlibContext("deflate", { level: 0 });
  t.after(() => context.close());
  const result = deflateNow(context.sync ?? assert.fail(), Buffer.alloc(300_000, 7), true);
  assert.ok(result instanceof Uint8Array && result.length > 300_000);
});
