// The platform a machine under test gets: counts what is allocated, and can say how much of it is still held.
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Platform, unmaskMemory } from "@openline/protocol";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export class TrackedPlatform implements Platform {
  largestBytes = 0;
  readonly #blocks: WeakRef<ArrayBufferLike>[] = [];
  #key = 1;

  readonly sha1Base64 = (text: string): string => createHash("sha1").update(text, "latin1").digest("base64");
  // Counted, so that output can be compared; never 0, which would mask nothing.
  readonly randomMask = (): number => (this.#key = (Math.imul(this.#key, 1_664_525) + 1_013_904_223) >>> 0 || 1);
  readonly randomKey = (): string => "AAAAAAAAAAAAAAAAAAAAAA==";
  readonly isUtf8 = (bytes: Uint8Array): boolean => isUtf8(bytes);
  readonly decodeUtf8 = (bytes: Uint8Array): string => asBuffer(bytes).toString("utf8");
  readonly decodeLatin1 = (bytes: Uint8Array): string => asBuffer(bytes).toString("latin1");
  readonly utf8Length = (text: string): number => Buffer.byteLength(text);
  readonly encodeInto = (text: string, into: Uint8Array, at: number): number => asBuffer(into).write(text, at);
  readonly unmask = unmaskMemory;
  readonly view = (memory: ArrayBufferLike, at: number, length: number): Uint8Array => new Uint8Array(memory, at, length);

  readonly alloc = (size: number): Uint8Array => {
    const block = new Uint8Array(size).fill(0xee);
    this.largestBytes = Math.max(this.largestBytes, size);
    this.#blocks.push(new WeakRef(block.buffer));
    return block;
  };

  /** Bytes allocated here that something still holds. Takes some milliseconds. */
  async heldBytes(): Promise<number> {
    // What a WeakRef showed in this turn is held until its end.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    return this.#blocks.reduce((sum, block) => sum + (block.deref()?.byteLength ?? 0), 0);
  }
}
