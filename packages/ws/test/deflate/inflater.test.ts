import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { inflate } from "../../src/deflate/inflater.ts";
import { ZlibContext } from "../../src/deflate/zlib-context.ts";
import type { Inflated } from "../../src/message-codec.ts";

const NO_LIMIT = Number.POSITIVE_INFINITY;
const never = (): never => assert.fail("answered later");
const hello = Buffer.from("f248cdc9c90700", "hex");
const text = (result: Inflated | undefined): string =>
  result === undefined ? "later" : "why" in result ? result.why : Buffer.from(result).toString();

function context(t: { after(done: () => void): void }): ZlibContext {
  const made = new ZlibContext("inflate", {});
  t.after(() => made.close());
  return made;
}

test("the tail is put back where the message ends (RFC 7692 §7.2.2)", (t) => {
  const zlib = context(t);
  assert.equal(text(inflate(zlib, hello, true, NO_LIMIT, 1, never)), "Hello");
  assert.equal(text(inflate(zlib, Buffer.from("f200110000", "hex"), true, NO_LIMIT, 1, never)), "Hello");
});

test("every cut of a message into two pieces gives the same (RFC 7692 §7.2.2)", (t) => {
  for (let cut = 1; cut < hello.length; cut++) {
    const zlib = context(t);
    const parts = [
      inflate(zlib, hello.subarray(0, cut), false, NO_LIMIT, 1, never),
      inflate(zlib, hello.subarray(cut), true, NO_LIMIT, 1, never),
    ];
    assert.equal(parts.map(text).join(""), "Hello");
  }
});

test("a small piece that holds much goes on in the thread pool, with what has come out already", async (t) => {
  const zlib = context(t);
  const data = deflateRawSync(Buffer.alloc(1_000_000, "ab"), { finishFlush: 2 });
  assert.ok(data.length < 32_768);
  const result = await new Promise<Inflated>((resolve) => {
    assert.equal(inflate(zlib, data.subarray(0, -4), true, NO_LIMIT, 1, resolve), undefined);
  });
  assert.ok(result instanceof Uint8Array && Buffer.alloc(1_000_000, "ab").equals(result));
  assert.equal(text(inflate(zlib, hello, true, NO_LIMIT, 1, never)), "Hello");
});

test("the bytes of a large piece may change when the call returns", async (t) => {
  const zlib = context(t);
  const noise = Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * at * 31) & 255));
  const data = deflateRawSync(noise, { finishFlush: 2, level: 0 }).subarray(0, -4);
  const result = new Promise<Inflated>((resolve) => {
    assert.equal(inflate(zlib, data, true, NO_LIMIT, 1, resolve), undefined);
  });
  data.fill(0);
  assert.equal(text(await result), noise.toString());
});

test("blocks behind a final one are read, and the next message begins anew (RFC 7692 §7.2.1, §7.2.3.4)", (t) => {
  const zlib = context(t);
  const final = "f348cdc9c90700";
  assert.equal(text(inflate(zlib, Buffer.from(`${final}${final}f248cdc9c90700`, "hex"), true, NO_LIMIT, 1, never)), "HelloHelloHello");
  // Without the empty block behind it that the RFC asks for.
  assert.equal(text(inflate(zlib, Buffer.from(final, "hex"), true, NO_LIMIT, 1, never)), "Hello");
  assert.equal(text(inflate(zlib, hello, true, NO_LIMIT, 1, never)), "Hello");
});

test("the limit counts what comes out (RFC 7692 §8)", (t) => {
  assert.equal(text(inflate(context(t), hello, true, 5, 1, never)), "Hello");
  assert.equal(text(inflate(context(t), hello, true, 4, 1, never)), "limit");
  assert.equal(text(inflate(context(t), Buffer.from("00", "hex"), true, 0, 1, never)), "");
});
