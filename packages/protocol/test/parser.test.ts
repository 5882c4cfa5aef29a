import assert from "node:assert/strict";
import test from "node:test";
import type { ParserOptions } from "../src/parser.ts";
import { Parsed, Parser } from "../src/parser.ts";
import { concat, frame, masked } from "./frames.ts";
import { platform } from "./node-platform.ts";

function parserOf(options: Partial<ParserOptions> = {}): Parser {
  return new Parser({ platform, masked: true, compression: false, maxPayloadBytes: 1e6, maxFragments: 100, ...options });
}

/** A copy, because parsing unmasks in place. */
function fed(bytes: Uint8Array, options: Partial<ParserOptions> = {}): Parser {
  const parser = parserOf(options);
  parser.feed(Uint8Array.from(bytes), false);
  return parser;
}

test("a frame that lies whole in the chunk is one view into it, unmasked in place (RFC 6455 §5.3)", () => {
  const chunk = Uint8Array.from(concat(masked(2, "a payload of some length"), masked(1, "x")));
  const parser = parserOf();
  parser.feed(chunk, false);
  assert.equal(parser.step(), Parsed.Whole);
  assert.equal(Buffer.from(parser.payload).toString(), "a payload of some length");
  assert.equal(parser.payload.buffer, chunk.buffer);
  assert.equal(parser.ascii, true);
  assert.equal(parser.step(), Parsed.Whole);
  assert.equal(parser.opcode, 1);
  assert.equal(parser.step(), Parsed.None);
  assert.equal(parser.payload.length, 0);
});

test("whether masked payload is ASCII is told, whatever its size (RFC 6455 §5.3)", () => {
  for (const text of ["plain", "größer", "a long text without anything but ASCII", "a long text with a snowman, ☃, in it"]) {
    const parser = fed(masked(1, text));
    parser.step();
    assert.equal(parser.ascii, /^[\0-\x7f]*$/.test(text), text);
  }
});

test("a payload across chunks comes in pieces as it arrives, a control frame comes whole (RFC 6455 §5.4, §5.5)", () => {
  const bytes = concat(masked(2, "abcdef", { fin: false }), masked(9, "ping"), masked(0, "gh"));
  const parser = parserOf();
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += 9) {
    parser.feed(Uint8Array.from(bytes.subarray(at, at + 9)), false);
    for (let kind = parser.step(); kind !== Parsed.None; kind = parser.step()) {
      const flags = `${parser.messageStart ? "start " : ""}${parser.frameEnd ? "frame " : ""}${parser.messageEnd ? "end" : ""}`;
      found.push(`${kind} ${Buffer.from(parser.payload).toString()} ${kind === Parsed.Piece ? flags : ""}`.trim());
    }
  }
  assert.deepEqual(found, ["2 abc start", "2 def frame", "3 ping", "2 gh frame end"]);
});

test("bytesLeft is what the frame at hand still announces", () => {
  const parser = fed(masked(2, "abcdef").subarray(0, 8));
  assert.equal(parser.step(), Parsed.Piece);
  assert.equal(parser.bytesLeft, 4);
});

test("what is unread is copied on request, and later chunks stand behind it", () => {
  const chunk = Uint8Array.from(concat(masked(1, "one"), masked(1, "two")));
  const parser = parserOf();
  parser.feed(chunk, false);
  assert.equal(parser.step(), Parsed.Whole);
  parser.keepUnread();
  chunk.fill(0);
  const later = Uint8Array.from(masked(1, "three"));
  parser.feed(later, false);
  later.fill(0);
  assert.ok(parser.hasUnread);
  assert.equal(parser.step(), Parsed.Whole);
  assert.equal(Buffer.from(parser.payload).toString(), "two");
  assert.equal(parser.step(), Parsed.Whole);
  assert.equal(Buffer.from(parser.payload).toString(), "three");
  assert.equal(parser.step(), Parsed.None);
  assert.equal(parser.hasUnread, false);
});

test("faults show before the masking key has arrived (RFC 6455 §5.2)", () => {
  const heads: [Uint8Array, string][] = [
    [masked(3, "").subarray(0, 2), "WS_ERR_INVALID_OPCODE"],
    [masked(2, Buffer.alloc(200)).subarray(0, 4), "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
    [masked(2, "x", { lengthForm: 16 }).subarray(0, 4), "WS_ERR_NON_MINIMAL_PAYLOAD_LENGTH"],
  ];
  for (const [head, code] of heads) {
    const parser = fed(head, { maxPayloadBytes: 100 });
    assert.equal(parser.step(), Parsed.Fault);
    assert.equal(parser.fault, code);
  }
});

test("a compressed frame may be a little larger than the limit on what it holds (RFC 7692 §7.2.3.2)", () => {
  const options = { compression: true, maxPayloadBytes: 1000 };
  assert.equal(fed(masked(2, Buffer.alloc(1005), { rsv: 4 }), options).step(), Parsed.Whole);
  assert.equal(fed(masked(2, Buffer.alloc(1005)), options).step(), Parsed.Fault);
  assert.equal(fed(masked(2, Buffer.alloc(1200), { rsv: 4 }), options).step(), Parsed.Fault);
});

test("a client takes unmasked frames only (RFC 6455 §5.1)", () => {
  assert.equal(fed(frame({ opcode: 1, payload: "x" }), { masked: false }).step(), Parsed.Whole);
  assert.equal(fed(masked(1, "x"), { masked: false }).step(), Parsed.Fault);
});

test("drop forgets unread bytes and later chunks", () => {
  const parser = fed(concat(masked(1, "one"), masked(1, "two")));
  parser.step();
  parser.keepUnread();
  parser.feed(masked(1, "three"), false);
  parser.drop();
  assert.equal(parser.hasUnread, false);
  assert.equal(parser.step(), Parsed.None);
});
