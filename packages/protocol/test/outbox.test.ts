import assert from "node:assert/strict";
import test from "node:test";
import type { OutboxOptions } from "../src/outbox.ts";
import { Outbox } from "../src/outbox.ts";
import { Slabs } from "../src/slabs.ts";
import { frame } from "./frames.ts";
import { platform } from "./node-platform.ts";

const NEVER = Number.POSITIVE_INFINITY;

function outboxOf(options: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({ platform, slabs: new Slabs(platform), masked: false, fragmentBytes: NEVER, deflateFromBytes: NEVER, ...options });
}

/** Opcodes, FIN and RSV1 of what is to be written now, as the first bytes in hexadecimal. */
function firstBytes(outbox: Outbox): string[] {
  const segments: Uint8Array[] = [];
  const taken = outbox.writer.takeOutput(segments);
  // Copied before it is reported: its memory may be used again then.
  const bytes = Buffer.concat(segments);
  outbox.writer.written(taken);
  outbox.pump();
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    found.push(bytes.readUInt8(at).toString(16));
    const length = bytes.readUInt8(at + 1);
    at += length === 126 ? 4 + bytes.readUInt16BE(at + 2) : length === 127 ? 10 + bytes.readUInt32BE(at + 6) : 2 + length;
  }
  return found;
}

test("small messages go straight out, a message for the codec holds the later ones back, control frames pass (RFC 6455 §5.4)", () => {
  const outbox = outboxOf({ deflateFromBytes: 10 });
  outbox.text("small", true);
  outbox.text("large enough", true);
  outbox.data(2, Buffer.from("behind"), true, false);
  outbox.control(9, Buffer.from("p"));
  assert.deepEqual(firstBytes(outbox), ["81", "89"]);
  assert.ok(outbox.wantsDeflate);
  const { payload, fin } = outbox.askDeflate();
  assert.deepEqual([Buffer.from(payload).toString(), fin], ["large enough", true]);
  assert.equal(outbox.wantsDeflate, false);
  outbox.deflated(Buffer.from("z"));
  assert.deepEqual(firstBytes(outbox), ["c1", "82"]);
  assert.equal(outbox.bufferedBytes, 0);
});

test("compress: false, and a size below the threshold, leave the codec out (RFC 7692 §6.1)", () => {
  const outbox = outboxOf({ deflateFromBytes: 4 });
  outbox.text("long but plain", false);
  outbox.text("€", true);
  assert.deepEqual(firstBytes(outbox), ["81", "81"]);
  outbox.text("€€", true);
  assert.ok(outbox.wantsDeflate);
});

test("fragments of a large message leave as the window empties, with RSV1 on the first only (RFC 7692 §6.1)", () => {
  const outbox = outboxOf({ deflateFromBytes: 1, fragmentBytes: 40_000 });
  outbox.data(2, new Uint8Array(10), true, false);
  outbox.askDeflate();
  outbox.deflated(new Uint8Array(100_000));
  assert.equal(outbox.bufferedBytes, 100_000 + 4);
  assert.deepEqual([firstBytes(outbox), firstBytes(outbox), firstBytes(outbox)], [["42"], ["0", "80"], []]);
});

test("with fragmentBytes small messages too wait when 64 KiB stand unwritten, and keep their order", () => {
  const outbox = outboxOf({ fragmentBytes: 65_536 });
  for (let at = 0; at < 10; at++) outbox.data(2, new Uint8Array(20_000), true, false);
  assert.ok(outbox.writer.unwrittenBytes <= 65_536);
  assert.ok(outbox.bufferedBytes > 200_000);
  let count = 0;
  while (outbox.bufferedBytes > 0) count += firstBytes(outbox).length;
  assert.equal(count, 10);
});

test("a prepared compressed frame keeps its place in the queue and its RSV1 (RFC 7692 §6.1)", () => {
  const outbox = outboxOf({ deflateFromBytes: 1 });
  outbox.text("waits", true);
  outbox.readyDeflated(frame({ opcode: 1, rsv: 4, payload: "z" }));
  outbox.ready(frame({ opcode: 2, payload: "z" }), 2, Buffer.from("z"));
  assert.deepEqual(firstBytes(outbox), []);
  outbox.askDeflate();
  outbox.deflated(Buffer.from("z"));
  assert.deepEqual(firstBytes(outbox), ["c1", "c1", "82"]);
});

test("a streamed compressed message: each fragment through the codec, RSV1 on the first (RFC 7692 §6.1)", () => {
  const outbox = outboxOf({ deflateFromBytes: 1000 });
  outbox.beginMessage(1, true);
  outbox.fragment("ab", false);
  outbox.fragment("cd", true);
  assert.equal(outbox.askDeflate().fin, false);
  outbox.deflated(Buffer.from("x"));
  assert.equal(outbox.askDeflate().fin, true);
  outbox.deflated(Buffer.from("y"));
  assert.deepEqual(firstBytes(outbox), ["41", "80"]);
});

test("dropQueue forgets what waits and ignores the answer that is on its way", () => {
  const outbox = outboxOf({ deflateFromBytes: 1 });
  outbox.text("waits", true);
  outbox.askDeflate();
  outbox.dropQueue();
  outbox.close(Buffer.from([3, 232]));
  assert.ok(outbox.closeQueued && outbox.closeWritten);
  outbox.deflated(Buffer.from("late"));
  assert.deepEqual(firstBytes(outbox), ["88"]);
  assert.throws(() => outbox.deflated(Buffer.from("nobody asked")), { code: "USAGE_NOT_WAITING" });
});

test("marks stand behind what was sent before them, also while it waits", () => {
  const outbox = outboxOf({ deflateFromBytes: 1 });
  outbox.text("waits", true);
  assert.equal(outbox.mark(), 1);
  outbox.askDeflate();
  assert.equal(outbox.writer.marksPassed, 0);
  outbox.deflated(Buffer.from("z"));
  firstBytes(outbox);
  assert.equal(outbox.writer.marksPassed, 1);
});

test("lent bytes may change when the call returns: written, or queued behind a message that waits", () => {
  for (const size of [10, 5000, 70_000]) {
    const outbox = outboxOf();
    const lent = new Uint8Array(size).fill(1);
    outbox.data(2, lent, false, true);
    outbox.beginMessage(2, false);
    outbox.data(2, lent, false, true);
    lent.fill(2);
    outbox.fragment(new Uint8Array(0), true);
    const segments: Uint8Array[] = [];
    outbox.writer.takeOutput(segments);
    const written = Buffer.concat(segments);
    assert.equal(written.includes(2, 12), false, `${size} bytes`);
    assert.equal(written.filter((byte) => byte === 1).length >= 2 * size, true, `${size} bytes`);
  }
});
