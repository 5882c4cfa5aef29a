import { isUtf8 } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { unmaskMemory } from "../src/mask.ts";
import type { Platform } from "../src/platform.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A plain platform on Node for the tests. */
export const platform: Platform = Object.freeze({
  sha1Base64: (text: string) => createHash("sha1").update(text, "latin1").digest("base64"),
  randomMask: () => randomBytes(4).readUInt32BE(),
  randomKey: () => randomBytes(16).toString("base64"),
  isUtf8,
  decodeUtf8: (bytes: Uint8Array) => utf8.decode(bytes),
  decodeLatin1: (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1"),
  utf8Length: (text: string) => Buffer.byteLength(text),
  encodeInto: (text: string, into: Uint8Array, at: number) => Buffer.from(into.buffer, into.byteOffset, into.length).write(text, at),
  unmask: unmaskMemory,
  view: (memory: ArrayBufferLike, at: number, length: number) => new Uint8Array(memory, at, length),
  alloc: (size: number) => new Uint8Array(size).fill(0xee),
});

/** The same platform with masking keys that count from 1, so that output can be compared. */
export function countingPlatform(): Platform {
  let key = 0;
  return { ...platform, randomMask: () => ++key };
}
