import { UsageError } from "./errors.ts";
import type { RsvBit } from "./extension/message-extension.ts";
import { Fifo } from "./fifo.ts";
import type { DataOpcode } from "./frame.ts";
import { FIN, NO_BYTES, Opcode, RSV1 } from "./frame.ts";
import type { Platform } from "./platform.ts";
import type { Slabs } from "./slabs.ts";
import { FrameWriter } from "./writer.ts";

/** With `fragmentBytes`, at most this much of our own data, or one fragment, stands before a control frame. */
const WINDOW_BYTES = 65_536;

const DATA = 0;
const MARK = 1;
const CLOSE = 2;
const READY = 3;

/** What waits for its turn: data for the codec or for room, marks and the close frame behind it. */
interface Waiting {
  readonly kind: typeof DATA | typeof MARK | typeof CLOSE | typeof READY;
  /** Opcode and RSV1 of its first frame. */
  first: number;
  readonly fin: boolean;
  payload: Uint8Array;
  deflate: boolean;
  /** Bytes of the payload that have left as fragments. */
  sent: number;
}

export interface OutboxOptions {
  readonly platform: Platform;
  readonly slabs: Slabs;
  readonly masked: boolean;
  readonly fragmentBytes: number;
  /** Messages from this size on are compressed; Infinity without a codec. */
  readonly deflateFromBytes: number;
  /** The reserved bit that marks them. Default RSV1. */
  readonly codecBit?: RsvBit | undefined;
}

/**
 * What is to be sent, in order. Frames go straight to the writer while nothing waits; a message that needs the codec, or that leaves in
 * fragments, becomes the head of a queue and all later messages stand behind it. Control frames pass it (RFC 6455 §5.4).
 */
export class Outbox {
  readonly writer: FrameWriter;
  readonly #platform: Platform;
  readonly #fragmentBytes: number;
  readonly #windowBytes: number;
  readonly #deflateFromBytes: number;
  readonly #codecBit: RsvBit;
  readonly #queue: Fifo<Waiting> = new Fifo();
  #queuedBytes = 0;
  /** The streamed message that is open, and what was sent after it began. */
  #stream: { readonly opcode: DataOpcode; readonly deflate: boolean; begun: boolean } | undefined;
  #behindStream: Waiting[] = [];
  #asked = false;
  /** A compressed frame that our codec has not made was written since it was asked last. */
  #foreignWritten = false;
  #ignoreAnswer = false;
  #closeQueued = false;
  #closeWritten = false;
  #marks = 0;

  constructor(options: OutboxOptions) {
    this.writer = new FrameWriter(options.platform, options.slabs, options.masked);
    this.#platform = options.platform;
    this.#fragmentBytes = options.fragmentBytes;
    this.#windowBytes =
      options.fragmentBytes === Number.POSITIVE_INFINITY ? options.fragmentBytes : Math.max(WINDOW_BYTES, options.fragmentBytes);
    this.#deflateFromBytes = options.deflateFromBytes;
    this.#codecBit = options.codecBit ?? RSV1;
  }

  get bufferedBytes(): number {
    return this.writer.unwrittenBytes + this.#queuedBytes;
  }

  /** Whether everything was sent and written, and the codec knows all that the peer's does. */
  get isAtRest(): boolean {
    if (this.bufferedBytes > 0 || this.#queue.length > 0 || this.#stream !== undefined || this.#closeQueued) return false;
    return !this.#asked && !this.#ignoreAnswer && !this.#foreignWritten;
  }

  /** Whether our close frame is queued or sent: nothing may follow it. */
  get closeQueued(): boolean {
    return this.#closeQueued;
  }

  /** Whether our close frame has been encoded. */
  get closeWritten(): boolean {
    return this.#closeWritten;
  }

  /** Whether the head of the queue waits for a codec that has not been asked yet. */
  get wantsDeflate(): boolean {
    return !this.#asked && this.#queue.first?.deflate === true;
  }

  text(text: string, compress: boolean): void {
    const most = text.length * 3;
    const deflate = compress && most >= this.#deflateFromBytes && this.#platform.utf8Length(text) >= this.#deflateFromBytes;
    if (!deflate && !this.#mustWait(most)) this.writer.text(FIN | Opcode.Text, text);
    else this.#enqueue(waiting(DATA, Opcode.Text, true, this.#encode(text), deflate));
  }

  /** `lent`: the bytes are only there until this returns. */
  data(opcode: DataOpcode, payload: Uint8Array, compress: boolean, lent: boolean): void {
    const deflate = compress && payload.length >= this.#deflateFromBytes;
    if (!deflate && !this.#mustWait(payload.length)) this.writer.frame(FIN | opcode, payload, lent);
    else this.#enqueue(waiting(DATA, opcode, true, lent ? this.#copy(payload) : payload, deflate));
  }

  /** A frame that is ready for the wire; `first` and `payload` are what it holds, for when it must wait and leave as fragments. */
  ready(frame: Uint8Array, first: number, payload: Uint8Array): void {
    if (!this.#mustWait(frame.length)) this.writer.ready(frame);
    else this.#enqueue(waiting(DATA, first, true, payload, false));
  }

  /** A compressed frame that is ready for the wire. It leaves in one piece, whatever its size. */
  readyDeflated(frame: Uint8Array): void {
    if (!this.#mustWait(frame.length)) this.#writeForeign(frame);
    else this.#enqueue(waiting(READY, 0, true, frame, false));
  }

  control(opcode: number, payload: Uint8Array): void {
    this.writer.frame(FIN | opcode, payload);
  }

  beginMessage(opcode: DataOpcode, compress: boolean): void {
    if (this.#stream !== undefined) throw new UsageError("USAGE_MESSAGE_OPEN");
    this.#stream = { opcode, deflate: compress && this.#deflateFromBytes !== Number.POSITIVE_INFINITY, begun: false };
  }

  fragment(data: string | Uint8Array, fin: boolean): void {
    const stream = this.#stream;
    if (stream === undefined) throw new UsageError("USAGE_NO_MESSAGE");
    const payload = typeof data === "string" ? this.#encode(data) : data;
    if (payload.length === 0 && !fin) return;
    const first = stream.begun ? Opcode.Continuation : stream.opcode | (stream.deflate ? this.#codecBit : 0);
    stream.begun = true;
    const item = waiting(DATA, first, fin, payload, stream.deflate);
    this.#queue.push(item);
    this.#queuedBytes += payload.length;
    if (fin) {
      this.#stream = undefined;
      for (const behind of this.#behindStream) this.#queue.push(behind);
      this.#behindStream = [];
    }
    this.pump();
  }

  /** Queues our close frame. A streamed message that is still open ends here unfinished; what waits behind it is dropped. */
  close(payload: Uint8Array): void {
    this.#closeQueued = true;
    this.#stream = undefined;
    for (const item of this.#behindStream) this.#queuedBytes -= item.payload.length;
    this.#behindStream = [];
    this.#enqueue(waiting(CLOSE, Opcode.Close, true, payload, false));
    this.pump();
  }

  mark(): number {
    const item = waiting(MARK, 0, true, NO_BYTES, false);
    if (this.#stream !== undefined && this.#behindStream.length > 0) this.#behindStream.push(item);
    else if (this.#queue.length > 0) this.#queue.push(item);
    else this.writer.mark();
    return ++this.#marks;
  }

  /**
   * The bytes to deflate, whether the message ends with them, and whether the codec must forget what it compressed before: the peer has
   * inflated something else meanwhile. The answer comes with `deflated`.
   */
  askDeflate(): { readonly payload: Uint8Array; readonly fin: boolean; readonly fresh: boolean } {
    const { payload, fin } = this.#queue.first!;
    const fresh = this.#foreignWritten;
    this.#asked = true;
    this.#foreignWritten = false;
    return { payload, fin, fresh };
  }

  deflated(bytes: Uint8Array): void {
    if (this.#ignoreAnswer) {
      this.#ignoreAnswer = false;
      return;
    }
    if (!this.#asked) throw new UsageError("USAGE_NOT_WAITING", { value: "a deflated message" });
    this.#asked = false;
    const head = this.#queue.first!;
    this.#queuedBytes += bytes.length - head.payload.length;
    head.payload = bytes;
    head.deflate = false;
    if (head.first !== Opcode.Continuation) head.first |= this.#codecBit;
    this.pump();
  }

  /** Writes what need not wait any longer. */
  pump(): void {
    for (let head = this.#queue.first; head !== undefined; head = this.#queue.first) {
      if (head.deflate || !this.#write(head)) return;
      this.#queue.shift();
    }
  }

  /** Drops what waits. An answer of the codec that is still on its way is ignored. */
  dropQueue(): void {
    if (this.#asked) this.#ignoreAnswer = true;
    this.#asked = false;
    this.#stream = undefined;
    this.#queue.clear();
    this.#behindStream = [];
    this.#queuedBytes = 0;
  }

  drop(): void {
    this.dropQueue();
    this.writer.drop();
  }

  #write(item: Waiting): boolean {
    if (item.kind === MARK) {
      this.writer.mark();
      return true;
    }
    if (item.kind === DATA) return this.#writeFragments(item);
    this.#queuedBytes -= item.payload.length;
    if (item.kind === READY) {
      this.#writeForeign(item.payload);
      return true;
    }
    this.writer.frame(FIN | Opcode.Close, item.payload);
    this.#closeWritten = true;
    return true;
  }

  /** Writes fragments of the message as long as there is room in the window; true when it has left whole (RFC 6455 §5.4). */
  #writeFragments(item: Waiting): boolean {
    for (;;) {
      const size = Math.min(item.payload.length - item.sent, this.#fragmentBytes);
      const unwritten = this.writer.unwrittenBytes;
      if (unwritten > 0 && unwritten + size > this.#windowBytes) return false;
      const start = item.sent;
      item.sent += size;
      this.#queuedBytes -= size;
      const last = item.sent === item.payload.length;
      const first = (start === 0 ? item.first : Opcode.Continuation) | (last && item.fin ? FIN : 0);
      this.writer.frame(first, start === 0 && last ? item.payload : item.payload.subarray(start, item.sent));
      if (last) return true;
    }
  }

  #writeForeign(frame: Uint8Array): void {
    this.#foreignWritten = true;
    this.writer.ready(frame);
  }

  #mustWait(bytes: number): boolean {
    if (this.#queue.length > 0 || this.#stream !== undefined) return true;
    return bytes > this.#fragmentBytes || this.writer.unwrittenBytes + bytes > this.#windowBytes;
  }

  #enqueue(item: Waiting): void {
    this.#queuedBytes += item.payload.length;
    if (this.#stream !== undefined) {
      this.#behindStream.push(item);
      return;
    }
    this.#queue.push(item);
    if (this.#queue.length === 1) this.pump();
  }

  #copy(bytes: Uint8Array): Uint8Array {
    const copy = this.#platform.alloc(bytes.length);
    copy.set(bytes);
    return copy;
  }

  #encode(text: string): Uint8Array {
    const bytes = this.#platform.alloc(this.#platform.utf8Length(text));
    this.#platform.encodeInto(text, bytes, 0);
    return bytes;
  }
}

function waiting(kind: Waiting["kind"], first: number, fin: boolean, payload: Uint8Array, deflate: boolean): Waiting {
  return { kind, first, fin, payload, deflate, sent: 0 };
}
