import { isUtf8 } from "node:buffer";
import { hash, randomBytes, randomFillSync } from "node:crypto";
import type { Platform } from "@openline/protocol";
import { bufferView } from "./buffer-view.ts";
import { fastUnmask } from "./fast-driver/shared-read-buffer.ts";
import { keepFreedMemory } from "./freed-memory.ts";
import { asBuffer } from "./payload.ts";

// One system call for 2,048 masking keys; each byte of the pool is used once (RFC 6455 §10.3).
const pool = Buffer.allocUnsafeSlow(8192);
let poolAt = pool.length;

function randomMask(): number {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  const key = pool.readUInt32LE(poolAt);
  poolAt += 4;
  return key;
}

/** From here on memory is a message's, or part of one. */
const MESSAGE_FROM_BYTES = 65_537;

function alloc(size: number): Uint8Array {
  if (size >= MESSAGE_FROM_BYTES) keepFreedMemory();
  return Buffer.allocUnsafeSlow(size);
}

/** What the protocol needs of its surroundings, as Node has it. `alloc` gives Buffers outside Node's pool, so that a slab is nobody else's memory too. */
export const platform: Platform = Object.freeze({
  // In one call: a Hash object costs three times as much, and more at its collection. The text is ASCII.
  sha1Base64: (text: string): string => hash("sha1", text, "base64"),
  randomMask,
  randomKey: (): string => randomBytes(16).toString("base64"),
  isUtf8: (bytes: Uint8Array): boolean => isUtf8(bytes),
  decodeUtf8: (bytes: Uint8Array): string => asBuffer(bytes).toString("utf8"),
  decodeLatin1: (bytes: Uint8Array): string => asBuffer(bytes).toString("latin1"),
  utf8Length: (text: string): number => Buffer.byteLength(text, "utf8"),
  encodeInto: (text: string, into: Uint8Array, at: number): number => asBuffer(into).write(text, at, "utf8"),
  unmask: fastUnmask,
  view: bufferView,
  alloc,
});

/** The platform with masking keys of the user's own. */
export function platformWith(generateMask: ((mask: Buffer) => void) | undefined): Platform {
  if (generateMask === undefined) return platform;
  const mask = Buffer.alloc(4);
  const randomMask = (): number => {
    generateMask(mask);
    return mask.readUInt32LE();
  };
  return Object.freeze({ ...platform, randomMask });
}
