import assert from "node:assert/strict";
import { test } from "node:test";
import { hexdump } from "../../src/connect/hexdump.ts";

test("sixteen bytes a row: offset, hex, letters", () => {
  assert.equal(
    hexdump(Buffer.from("Hello, world! \0\xff.", "latin1")),
    "00000000  48 65 6c 6c 6f 2c 20 77  6f 72 6c 64 21 20 00 ff  |Hello, world! ..|\n00000010  2e                                                |.|",
  );
  assert.equal(hexdump(Buffer.alloc(0)), "");
  assert.match(hexdump(Buffer.alloc(100), 20), /^00000000 .*\n00000010 {2}00 00 00 00 {2,}\|\.{4}\|\n… 80 more bytes$/);
});
