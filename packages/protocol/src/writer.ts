import { UsageError } from "./errors.ts";
import { clearArray, Fifo } from "./fifo.ts";
import { headerBytes, MASK, MAX_HEADER_BYTES, writeHeader } from "./frame.ts";
import { maskRange } from "./mask.ts";
import type { Platform } from "./platform.ts";
import type { Slab, Slabs } from "./slabs.ts";

/** Unmasked payloads above this are referenced instead of copied: one more segment costs about as much as copying this much. */
const COPY_UP_TO_BYTES = 4096;

/** Ready frames above this are not copied behind others. */
const JOIN_UP_TO_BYTES = 1024;

/** Up to here a loop is no slower than `set`, which V8 reaches by way of two look-ups (20 ns). */
const LOOP_UP_TO_BYTES = 32;

/**
 * Frames into memory to be written (RFC 6455 §5.2). Small frames follow each other in a slab and leave as one segment; large unmasked
 * payloads leave as segments of their own, uncopied; masked ones are copied and masked there, each with a fresh key (RFC 6455 §5.3).
 */
export class FrameWriter {
  readonly #platform: Platform;
  readonly #slabs: Slabs;
  readonly #maskBit: number;
  /** Finished segments and the slabs they lie in. */
  #segments: Uint8Array[] = [];
  #owners: (Slab | undefined)[] = [];
  /** The run of bytes in a slab that has not become a segment yet. */
  #run: Slab | undefined;
  #runStart = 0;
  #runEnd = 0;
  /** Segments taken and not yet reported as written: whose they are and how long. Two queues: an object for each segment would be garbage with each write. */
  readonly #flightOwners: Fifo<Slab | undefined> = new Fifo();
  readonly #flightSizes: Fifo<number> = new Fifo();
  /** How much of the first of them is written. */
  #flightDone = 0;
  #flightBytes = 0;
  #encodedBytes = 0;
  #writtenBytes = 0;
  readonly #marks: Fifo<number> = new Fifo();
  #marksPassed = 0;
  #dropped = false;

  constructor(platform: Platform, slabs: Slabs, masked: boolean) {
    this.#platform = platform;
    this.#slabs = slabs;
    this.#maskBit = masked ? MASK : 0;
  }

  /** Bytes encoded and not reported as written. */
  get unwrittenBytes(): number {
    return this.#encodedBytes - this.#writtenBytes;
  }

  get hasOutput(): boolean {
    return this.#encodedBytes - this.#writtenBytes > this.#flightBytes;
  }

  get marksPassed(): number {
    return this.#marksPassed;
  }

  /** Writes one frame. A `lent` payload is copied whatever its size. */
  frame(firstByte: number, payload: Uint8Array, lent = false): void {
    if (this.#dropped) return;
    const bytes = payload.length;
    const head = headerBytes(bytes, this.#maskBit !== 0);
    if (this.#maskBit === 0 && bytes > COPY_UP_TO_BYTES && !lent) {
      const slab = this.#reserve(head);
      this.#commit(slab, writeHeader(slab.bytes, slab.used, firstByte, bytes, 0) - slab.used);
      this.#push(payload, undefined);
    } else if (head + bytes <= this.#slabs.slabBytes) {
      const slab = this.#reserve(head + bytes);
      copyInto(slab.bytes, slab.used + head, payload);
      this.#finish(slab, firstByte, head, bytes);
    } else {
      const own = this.#platform.alloc(head + bytes);
      own.set(payload, head);
      this.#finishOwn(own, firstByte, head);
    }
  }

  /** Writes one frame of text, encoded straight into its place. */
  text(firstByte: number, text: string): void {
    const head = this.#textHead(text);
    if (head > 0) {
      const slab = this.#reserve(head + text.length * 3);
      this.#finish(slab, firstByte, head, this.#platform.encodeInto(text, slab.bytes, slab.used + head));
      return;
    }
    const bytes = this.#platform.utf8Length(text);
    const exactHead = headerBytes(bytes, this.#maskBit !== 0);
    if (exactHead + bytes <= this.#slabs.slabBytes) {
      const slab = this.#reserve(exactHead + bytes);
      this.#platform.encodeInto(text, slab.bytes, slab.used + exactHead);
      this.#finish(slab, firstByte, exactHead, bytes);
      return;
    }
    const own = this.#platform.alloc(exactHead + bytes);
    this.#platform.encodeInto(text, own, exactHead);
    this.#finishOwn(own, firstByte, exactHead);
  }

  /** Queues a frame that is ready. Small ones are put behind each other, so that many leave as one segment. */
  ready(frame: Uint8Array): void {
    const idle = this.#segments.length === 0 && this.#run === undefined;
    if (idle || frame.length > JOIN_UP_TO_BYTES || frame.length > this.#slabs.slabBytes) return this.#push(frame, undefined);
    const alone = this.#segments.length === 1 && this.#run === undefined && this.#owners[0] === undefined ? this.#segments[0] : undefined;
    if (alone !== undefined && alone.length <= JOIN_UP_TO_BYTES && alone.length + frame.length <= this.#slabs.slabBytes) {
      this.#clearSegments();
      this.#encodedBytes -= alone.length;
      this.#copy(alone);
    }
    this.#copy(frame);
  }

  takeOutput(into: Uint8Array[]): number {
    this.#endRun();
    let bytes = 0;
    for (let index = 0; index < this.#segments.length; index++) {
      const segment = this.#segments[index]!;
      into.push(segment);
      bytes += segment.length;
      this.#flightOwners.push(this.#owners[index]);
      this.#flightSizes.push(segment.length);
    }
    this.#clearSegments();
    this.#flightBytes += bytes;
    return bytes;
  }

  /** Ignored after `drop`. */
  written(bytes: number): void {
    if (this.#dropped) return;
    if (!(bytes >= 0 && bytes <= this.#flightBytes)) throw new UsageError("USAGE_WRITTEN", { value: bytes, limit: this.#flightBytes });
    this.#flightBytes -= bytes;
    this.#writtenBytes += bytes;
    for (let left = bytes; left > 0; ) {
      const size = this.#flightSizes.first! - this.#flightDone;
      const step = Math.min(left, size);
      const owner = this.#flightOwners.first;
      if (owner !== undefined) this.#slabs.release(owner, step);
      left -= step;
      this.#flightDone += step;
      if (step === size) this.#endFirstInFlight();
    }
    while (this.#marks.length > 0 && this.#marks.first! <= this.#writtenBytes) {
      this.#marks.shift();
      this.#marksPassed++;
    }
  }

  #endFirstInFlight(): void {
    this.#flightOwners.shift();
    this.#flightSizes.shift();
    this.#flightDone = 0;
  }

  /** Puts a mark behind what was encoded so far. */
  mark(): void {
    if (this.#dropped) return;
    if (this.unwrittenBytes === 0) this.#marksPassed++;
    else this.#marks.push(this.#encodedBytes);
  }

  /** The transport is gone: nothing will be written. Slabs that the kernel may still read from are not used again. */
  drop(): void {
    this.#dropped = true;
    this.#endRun();
    this.#segments = [];
    this.#owners = [];
    this.#flightOwners.clear();
    this.#flightSizes.clear();
    this.#flightDone = 0;
    this.#flightBytes = 0;
    this.#writtenBytes = this.#encodedBytes;
    this.#marks.clear();
  }

  /** The header's size when the length of the text alone decides it and the longest encoding fits a slab; otherwise 0. */
  #textHead(text: string): number {
    const most = text.length * 3;
    if (most + MAX_HEADER_BYTES > this.#slabs.slabBytes) return 0;
    const head = headerBytes(most, this.#maskBit !== 0);
    return head === headerBytes(text.length, this.#maskBit !== 0) ? head : 0;
  }

  /** Header, key and mask around a payload that already stands at its place in the slab. */
  #finish(slab: Slab, firstByte: number, head: number, bytes: number): void {
    const at = writeHeader(slab.bytes, slab.used, firstByte, bytes, this.#maskBit);
    if (this.#maskBit !== 0) {
      const key = this.#putKey(slab.bytes, at);
      maskRange(slab.bytes, slab.base, at + 4, at + 4 + bytes, key, slab.words);
    }
    this.#commit(slab, head + bytes);
  }

  #finishOwn(own: Uint8Array, firstByte: number, head: number): void {
    const at = writeHeader(own, 0, firstByte, own.length - head, this.#maskBit);
    if (this.#maskBit !== 0) this.#platform.unmask(own.buffer, own.byteOffset + head, own.length - head, this.#putKey(own, at));
    this.#push(own, undefined);
  }

  #putKey(into: Uint8Array, at: number): number {
    const key = this.#platform.randomMask();
    into[at] = key;
    into[at + 1] = key >>> 8;
    into[at + 2] = key >>> 16;
    into[at + 3] = key >>> 24;
    return key;
  }

  #copy(frame: Uint8Array): void {
    const slab = this.#reserve(frame.length);
    slab.bytes.set(frame, slab.used);
    this.#commit(slab, frame.length);
  }

  #reserve(bytes: number): Slab {
    const slab = this.#slabs.withRoom(bytes);
    // Another machine may have written behind our run.
    if (slab !== this.#run || slab.used !== this.#runEnd) {
      this.#endRun();
      this.#run = slab;
      this.#runStart = this.#runEnd = slab.used;
    }
    return slab;
  }

  #commit(slab: Slab, bytes: number): void {
    slab.used += bytes;
    slab.outstanding += bytes;
    this.#runEnd = slab.used;
    this.#encodedBytes += bytes;
  }

  #endRun(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    if (this.#runEnd === this.#runStart) return;
    this.#segments.push(this.#platform.view(run.memory, run.base + this.#runStart, this.#runEnd - this.#runStart));
    this.#owners.push(run);
  }

  #clearSegments(): void {
    clearArray(this.#segments);
    clearArray(this.#owners);
  }

  #push(segment: Uint8Array, owner: Slab | undefined): void {
    this.#endRun();
    this.#segments.push(segment);
    this.#owners.push(owner);
    this.#encodedBytes += segment.length;
  }
}

function copyInto(into: Uint8Array, at: number, bytes: Uint8Array): void {
  const { length } = bytes;
  if (length > LOOP_UP_TO_BYTES) return into.set(bytes, at);
  for (let index = 0; index < length; index++) into[at + index] = bytes[index]!;
}
