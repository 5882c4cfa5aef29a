import assert from "node:assert/strict";
import { test } from "node:test";
import { createDeflateRaw, createInflateRaw } from "node:zlib";
import { SyncZlib } from "../../src/deflate/sync-zlib.ts";

test("this Node passes the probe", () => {
  assert.equal(SyncZlib.probe(), true);
});

test("a context is written to at once, and kept from write to write", (t) => {
  const stream = createDeflateRaw();
  t.after(() => stream.close());
  const zlib = SyncZlib.over(stream) ?? assert.fail();
  const output = Buffer.alloc(100);
  const first = writeHello(zlib, output);
  assert.equal(first, "f248cdc9c907000000ffff");
  assert.equal(writeHello(zlib, output), "f2001100000000ffff");
});

function writeHello(zlib: SyncZlib, output: Buffer): string {
  assert.equal(zlib.write(Buffer.from("Hello"), 0, 5, output), undefined);
  assert.equal(zlib.inputLeft, 0);
  return output.toString("hex", 0, output.length - zlib.outputLeft);
}

test("wrong data is answered with what zlib says of it, and the stream does not fail by itself", (t) => {
  const stream = createInflateRaw();
  t.after(() => stream.close());
  stream.on("error", () => assert.fail("the stream failed"));
  const zlib = SyncZlib.over(stream) ?? assert.fail();
  assert.equal(zlib.write(Buffer.from("ffffff", "hex"), 0, 3, Buffer.alloc(10)), "invalid block type");
});

test("faults of the stream's own writes still reach its listeners", async () => {
  const stream = createInflateRaw();
  assert.ok(SyncZlib.over(stream));
  const failed = new Promise<Error>((resolve) => {
    stream.on("error", resolve);
  });
  stream.write(Buffer.from("ffffff", "hex"));
  assert.equal((await failed).message, "invalid block type");
});

test("OPENLINE_ZLIB=public turns it off", (t) => {
  const stream = createDeflateRaw();
  const before = process.env["OPENLINE_ZLIB"];
  t.after(() => {
    stream.close();
    if (before === undefined) delete process.env["OPENLINE_ZLIB"];
    else process.env["OPENLINE_ZLIB"] = before;
  });
  process.env["OPENLINE_ZLIB"] = "public";
  assert.equal(SyncZlib.over(stream), undefined);
});
