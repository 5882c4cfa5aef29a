// Streams of frames, right ones and nasty ones.
import { constants, deflateRawSync } from "node:zlib";
import { encodeFrame, type FrameSpec, Opcode } from "../cases/frames.ts";
import type { Random } from "./random.ts";

const CHARACTERS = ["a", "Z", " ", "\0", "é", "ß", "\u07ff", "\u0800", "€", "\ud7ff", "\ue000", "\ufeff", "\uffff", "😀", "\u{10ffff}"];
const NOT_UTF8 = [
  "80",
  "bf",
  "c0af",
  "c1bf",
  "c2",
  "e08080",
  "e0a0",
  "eda080",
  "edbfbf",
  "f0808080",
  "f09080",
  "f4908080",
  "f8",
  "fe",
  "ff",
];
const CLOSE_CODES = [0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65_535];

function randomText(random: Random, most = 60): string {
  return Array.from({ length: random.size(most) }, () => random.pick(CHARACTERS)).join("");
}

function textBytes(random: Random, isRight: boolean): Buffer {
  const text = Buffer.from(randomText(random));
  if (isRight || !random.chance(0.2)) return text;
  const at = random.below(text.length + 1);
  return Buffer.concat([text.subarray(0, at), Buffer.from(random.pick(NOT_UTF8), "hex"), text.subarray(at)]);
}

/** A message's payload as RFC 7692 §7.2.1 wants it, with a context of its own. */
export function deflated(bytes: Uint8Array): Buffer {
  return deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

export interface StreamShape {
  /** The role of who reads it: a server reads masked frames. */
  readonly role: "server" | "client";
  readonly compression: boolean;
  /** Whether nothing may stand in it that fails a connection. */
  readonly isRight: boolean;
}

function control(random: Random, isRight: boolean): FrameSpec {
  const opcode = random.pick([Opcode.ping, Opcode.pong]);
  return { opcode, payload: random.bytes(random.size(isRight ? 125 : 130)) };
}

function closeFrame(random: Random, isRight: boolean): FrameSpec {
  if (random.chance(0.2)) return { opcode: Opcode.close };
  const code = isRight ? random.pick([1000, 1001, 1011, 3000, 4999]) : random.pick(CLOSE_CODES);
  const reason = random.chance(0.5) ? textBytes(random, isRight).subarray(0, isRight ? 0 : 123) : Buffer.alloc(0);
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), reason]);
  return { opcode: Opcode.close, payload: isRight ? payload : payload.subarray(0, random.chance(0.1) ? 1 : undefined) };
}

/** A message in one to some frames, with control frames between them. */
function message(random: Random, shape: StreamShape): FrameSpec[] {
  const isText = random.chance(0.6);
  const content = isText ? textBytes(random, shape.isRight) : random.bytes(random.size(300));
  const isCompressed = shape.compression && random.chance(0.6);
  const payload = isCompressed ? deflated(content) : content;
  const cuts = random.chance(0.5) ? random.places(payload.length + 1, 5) : [];
  const frames: FrameSpec[] = [];
  for (const [index, start] of [0, ...cuts].entries()) {
    const isLast = index === cuts.length;
    frames.push({
      opcode: index > 0 ? Opcode.continuation : isText ? Opcode.text : Opcode.binary,
      payload: payload.subarray(start, cuts[index]),
      fin: isLast,
      rsv: index === 0 && isCompressed ? 4 : 0,
    });
    if (!isLast && random.chance(0.3)) frames.push(control(random, shape.isRight));
  }
  return frames;
}

/** Frames, each as its bytes. */
export function randomFrames(random: Random, shape: StreamShape): Buffer[] {
  const specs: FrameSpec[] = [];
  for (let count = random.below(6); count >= 0; count--) {
    specs.push(...(random.chance(0.75) ? message(random, shape) : [control(random, shape.isRight)]));
  }
  if (random.chance(0.3)) specs.push(closeFrame(random, shape.isRight));
  const masks = shape.role === "server";
  return specs.map((spec) => encodeFrame({ ...spec, key: random.chance(0.1) ? Buffer.alloc(4) : random.bytes(4) }, masks));
}

const FIRST_BYTES = [
  0x00, 0x01, 0x02, 0x03, 0x41, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0x8b, 0x91, 0xa1, 0xc0, 0xc1, 0xc2, 0xc9, 0x08, 0x09,
];
const LENGTHS = [
  "00",
  "01",
  "02",
  "7d",
  "7e007d",
  "7e007e",
  "7effff",
  "7f0000000000000001",
  "7f000000000000ffff",
  "7f0000000000010000",
  "7f001fffffffffffff",
];
const MORE_LENGTHS = ["7f0020000000000000", "7f7fffffffffffffff", "7f8000000000000000", "7fffffffffffffffff"];

/** Something that begins like a frame. */
export function randomHeader(random: Random, masked: boolean): Buffer {
  const length = Buffer.from(random.pick([...LENGTHS, ...MORE_LENGTHS]), "hex");
  if (random.chance(masked ? 0.9 : 0.1)) length[0] = (length[0] ?? 0) | 0x80;
  return Buffer.concat([Buffer.from([random.pick(FIRST_BYTES)]), length, random.bytes(random.below(12))]);
}

/** The pieces with one thing changed: a bit, a length, a cut, a piece doubled, deleted, moved or put in. */
export function mutated(random: Random, pieces: readonly Buffer[], makePiece: () => Buffer): Buffer[] {
  const list = [...pieces];
  if (list.length === 0) return [makePiece()];
  const at = random.below(list.length);
  const piece = Buffer.from(list[at] ?? []);
  switch (random.below(7)) {
    case 0:
      if (piece.length > 0) flipBit(piece, random.below(piece.length * 8));
      list[at] = piece;
      return list;
    case 1:
      list[at] = piece.subarray(0, random.below(piece.length + 1));
      return list;
    case 2:
      list.splice(at, 0, piece);
      return list;
    case 3:
      list.splice(at, 1);
      return list;
    case 4:
      list.splice(random.below(list.length), 0, ...list.splice(at, 1));
      return list;
    case 5:
      // The header is where it hurts.
      if (piece.length > 1) piece[random.below(2)] = random.below(256);
      list[at] = piece;
      return list;
    default:
      list.splice(at, 0, makePiece());
      return list;
  }
}

function flipBit(bytes: Buffer, bit: number): void {
  const at = bit >> 3;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
}
