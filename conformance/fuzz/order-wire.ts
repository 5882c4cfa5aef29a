// What a machine wrote, read by an independent reader: one valid stream of frames, the messages in the order in which they were sent.
import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { constants, inflateRawSync } from "node:zlib";
import { type Frame, FrameReader, frameFaults, Opcode } from "../cases/frames.ts";

/** A message that was handed to the machine. */
export interface Sent {
  readonly isText: boolean;
  payload: Buffer;
  /** False: it was sent when it may or may not have been too late. */
  readonly isCertain: boolean;
  /** False for a streamed message that has not ended. */
  isWhole: boolean;
}

/** The text of heartbeats: it may come at any time, or be left out. */
export const BEAT = "beat";

const MAY_BE_SENT = (code: number): boolean =>
  (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);

export class Wire {
  /** How many of the messages sent have come out, or have been passed over. */
  seen = 0;
  isClosed = false;
  /** Streamed messages went on while closing: what of them comes out is not known, only that it must be well-formed. */
  isLoose = false;
  readonly #sent: readonly Sent[];
  readonly #fromClient: boolean;
  readonly #compression: boolean;
  readonly #reader = new FrameReader();
  #message: { readonly opcode: number; readonly isCompressed: boolean; readonly payloads: Buffer[] } | undefined;

  constructor(sent: readonly Sent[], fromClient: boolean, compression: boolean) {
    this.#sent = sent;
    this.#fromClient = fromClient;
    this.#compression = compression;
  }

  add(segments: readonly Uint8Array[]): void {
    for (const segment of segments) this.#reader.add(Buffer.from(segment));
    for (let frame = this.#reader.take(); frame !== undefined; frame = this.#reader.take()) this.#frame(frame);
  }

  #frame(frame: Frame): void {
    assert.deepEqual(frameFaults(frame, this.#fromClient, this.#compression), []);
    assert.ok(!this.isClosed, `a frame with opcode ${frame.opcode} follows the close frame`);
    if (frame.opcode === Opcode.close) return this.#close(frame.payload);
    if (frame.opcode > Opcode.close) return;
    if (frame.opcode === Opcode.continuation) {
      assert.ok(this.#message !== undefined, "a continuation frame continues nothing");
      assert.equal(frame.rsv, 0, "a continuation frame has RSV1");
    } else {
      assert.ok(this.#message === undefined, "a message begins inside another one");
      this.#message = { opcode: frame.opcode, isCompressed: frame.rsv === 4, payloads: [] };
    }
    this.#message.payloads.push(frame.payload);
    if (frame.fin) this.#whole();
  }

  #close(payload: Buffer): void {
    this.isClosed = true;
    if (payload.length === 0) return;
    assert.ok(payload.length >= 2 && MAY_BE_SENT(payload.readUInt16BE(0)), `close frame ${payload.toString("hex")}`);
    assert.ok(isUtf8(payload.subarray(2)), "a close reason that is not UTF-8");
  }

  #whole(): void {
    const message = this.#message;
    assert.ok(message !== undefined);
    this.#message = undefined;
    const raw = Buffer.concat(message.payloads);
    const payload = message.isCompressed ? inflated(raw) : raw;
    const isText = message.opcode === Opcode.text;
    if (this.isLoose || (isText && payload.toString() === BEAT)) return;
    for (;;) {
      const next = this.#sent[this.seen++];
      assert.ok(next !== undefined, "a message came out that nobody sent, or not in its order");
      if (next.isText === isText && next.isWhole && next.payload.equals(payload)) return;
      assert.ok(!next.isCertain, "messages came out in another order, or one is missing");
    }
  }
}

function inflated(payload: Buffer): Buffer {
  return inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), { finishFlush: constants.Z_SYNC_FLUSH });
}
