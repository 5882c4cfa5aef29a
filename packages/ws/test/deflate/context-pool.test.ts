import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";
import { prepareText } from "@openline/protocol";
import { ContextPool, contextPool } from "../../src/deflate/context-pool.ts";
import { platform } from "../../src/platform.ts";

test("connections with the same options have one pool, whatever the order they are written in", () => {
  assert.equal(contextPool("deflate", { level: 1, windowBits: 9 }), contextPool("deflate", { windowBits: 9, level: 1 }));
  assert.notEqual(contextPool("deflate", { level: 1 }), contextPool("deflate", { level: 2 }));
  assert.notEqual(contextPool("deflate", { windowBits: 9 }), contextPool("inflate", { windowBits: 9 }));
});

test("a dictionary has pools of its own", () => {
  const dictionary = Buffer.from("Hello");
  assert.equal(contextPool("deflate", { dictionary }), contextPool("deflate", { dictionary }));
  assert.notEqual(contextPool("deflate", { dictionary }), contextPool("deflate", { dictionary: Buffer.from("Hello") }));
  assert.notEqual(contextPool("deflate", { dictionary }), contextPool("deflate", {}));
});

test("a context that is given back is the next one that is taken; more than two are closed", () => {
  const pool = new ContextPool("inflate", {});
  const all = [pool.take(), pool.take(), pool.take()];
  assert.equal(new Set(all).size, 3);
  for (const context of all) pool.give(context);
  assert.equal(pool.idle, 2);
  assert.equal(all[2]?.stream.destroyed, true);
  assert.equal(pool.take(), all[1]);
  for (const context of all) context.close();
});

test("a context that is broken is not used again", () => {
  const pool = new ContextPool("inflate", {});
  const context = pool.take();
  context.close();
  pool.give(context);
  assert.equal(pool.idle, 0);
});

for (const how of ["private", "public"]) {
  test(`a prepared frame's compressed form reads as its payload, with zlib's ${how} entry points (RFC 7692 §7.2)`, (t) => {
    if (how === "public") process.env["OPENLINE_ZLIB"] = "public";
    t.after(() => delete process.env["OPENLINE_ZLIB"]);
    const pool = new ContextPool("deflate", { windowBits: 13 });
    const text = "Hello ".repeat(30_000);
    const { deflated, opcode } = pool.prepared(prepareText(text, platform));
    assert.equal(opcode, 1);
    assert.equal(deflated?.[0], 0xc1);
    const payload = deflated?.subarray((deflated[1] ?? 0) < 126 ? 2 : 4) ?? assert.fail();
    assert.equal(inflateRawSync(Buffer.concat([payload, Buffer.from("0000ffff", "hex")]), { finishFlush: 2 }).toString(), text);
  });
}
