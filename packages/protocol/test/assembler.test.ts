import assert from "node:assert/strict";
import test from "node:test";
import { Assembler } from "../src/assembler.ts";
import { platform } from "./node-platform.ts";

function watched(): { readonly assembler: Assembler; readonly sizes: number[] } {
  const sizes: number[] = [];
  const alloc = (size: number): Uint8Array => {
    sizes.push(size);
    return platform.alloc(size);
  };
  return { assembler: new Assembler({ ...platform, alloc }), sizes };
}

test("pieces become one message in memory of its own (RFC 6455 §5.4)", () => {
  const { assembler } = watched();
  const piece = Buffer.from("ab");
  assembler.append(piece, false, 2, true);
  piece.fill(0);
  assembler.append(Buffer.from("cd"), false, 0, true);
  assert.equal(Buffer.from(assembler.take()).toString(), "abcd");
  assert.equal(assembler.take().length, 0);
});

test("memory is at most twice what has arrived, or what the last frame announces", () => {
  const { assembler, sizes } = watched();
  for (let arrived = 0; arrived < 100_000; arrived += 1000) {
    assembler.append(new Uint8Array(1000), false, 100_000 - arrived - 1000, true);
    assert.ok(sizes.at(-1)! <= Math.max(2 * (arrived + 1000), 256));
  }
  assert.equal(sizes.at(-1), 100_000);
  assert.ok(sizes.length < 9);
  assert.equal(assembler.take().length, 100_000);
});

test("a large message takes few blocks: one up to 1 MiB, then never more than four times what has arrived", () => {
  const { assembler, sizes } = watched();
  const all = 10_485_760;
  for (let arrived = 0; arrived < all; arrived += 65_536) {
    assembler.append(new Uint8Array(65_536), false, all - arrived - 65_536, true);
    assert.ok(sizes.at(-1)! <= Math.max(1_048_576, 4 * (arrived + 65_536)));
  }
  assert.deepEqual(sizes, [1_048_576, 4_456_448, all]);
  assert.equal(assembler.take().length, all);
});

test("a message of up to 1 MiB is not moved once 64 KiB of it have arrived, and takes no more than it announces", () => {
  const { assembler, sizes } = watched();
  assembler.append(new Uint8Array(65_536), false, 500_000 - 65_536, true);
  assembler.append(new Uint8Array(500_000 - 65_536), false, 0, true);
  assert.deepEqual(sizes, [500_000]);
});

test("where more fragments may follow it is twice at most, however large", () => {
  const { assembler, sizes } = watched();
  assembler.append(new Uint8Array(65_536), false, 1_000_000, false);
  assert.deepEqual(sizes, [131_072]);
});

test("many small fragments do not cost an allocation each (RFC 6455 §5.4)", () => {
  const { assembler, sizes } = watched();
  for (let at = 0; at < 5000; at++) assembler.append(new Uint8Array(10), false, 0, at === 4999);
  assert.ok(sizes.length < 12, String(sizes.length));
  assert.equal(assembler.take().length, 50_000);
});

test("bytes that are its own are taken over when they are the whole message", () => {
  const { assembler, sizes } = watched();
  const mine = new Uint8Array(10);
  assembler.append(mine, true, 0, true);
  assert.equal(assembler.take(), mine);
  assembler.append(mine, true, 0, false);
  assembler.append(Uint8Array.of(7), true, 0, true);
  assert.equal(assembler.take().length, 11);
  assert.deepEqual(sizes.length, 1);
});

test("fragments are kept apart, empty ones left out (RFC 6455 §5.4)", () => {
  const { assembler } = watched();
  for (const text of ["ab", "", "cde"]) {
    assembler.append(Buffer.from(text), false, 0, false);
    assembler.endFragment();
  }
  assert.deepEqual(
    assembler.takeFragments().map((part) => Buffer.from(part).toString()),
    ["ab", "cde"],
  );
  assert.deepEqual(assembler.takeFragments(), []);
});

test("drop forgets everything", () => {
  const { assembler } = watched();
  assembler.append(Buffer.from("a"), false, 0, false);
  assembler.endFragment();
  assembler.append(Buffer.from("b"), false, 0, false);
  assembler.drop();
  assert.equal(assembler.take().length, 0);
  assert.deepEqual(assembler.takeFragments(), []);
});
