// The tester's end of one connection: writes bytes as told and notes what comes, message by message. It repairs nothing and answers
// nothing by itself.
import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import { type Agreement, Codec } from "./deflate.ts";
import { encodeFrame, type Frame, FrameReader, type FrameSpec, frameFaults, Opcode } from "./frames.ts";
import { patience } from "./patience.ts";

export type Seen =
  | { readonly kind: "message"; readonly type: "text" | "binary"; readonly payload: Buffer; readonly compressed: boolean }
  | { readonly kind: "ping" | "pong"; readonly payload: Buffer }
  | { readonly kind: "close"; readonly code: number | undefined; readonly reason: Buffer }
  | { readonly kind: "end" }
  | { readonly kind: "reset" };

/** Codes that may stand in a close frame (RFC 6455 §7.4 and its registry). */
const sendable = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code < 5000);

export class Speaker {
  /** What the other end did that no endpoint may do. */
  readonly faults: string[] = [];
  /** The masking keys of the frames that came. */
  readonly keys: number[] = [];
  readonly #socket: Socket;
  readonly #isClient: boolean;
  readonly #reader = new FrameReader();
  readonly #out: Codec | undefined;
  readonly #in: Codec | undefined;
  #seen: Seen[] = [];
  #wake: () => void = () => {};
  #parts: Buffer[] | undefined;
  #first: Frame | undefined;
  #closed = false;
  #over = false;

  constructor(socket: Socket, role: "client" | "server", agreement: Agreement | undefined, head: Buffer) {
    this.#socket = socket;
    this.#isClient = role === "client";
    if (agreement !== undefined) {
      const client = new Codec(agreement.clientMaxWindowBits, !agreement.clientNoContextTakeover);
      const server = new Codec(agreement.serverMaxWindowBits, !agreement.serverNoContextTakeover);
      [this.#out, this.#in] = this.#isClient ? [client, server] : [server, client];
    }
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("end", () => this.#finish("end"));
    socket.on("error", () => this.#finish("reset"));
    socket.on("close", () => this.#finish("reset"));
    if (head.length > 0) this.#read(head);
    socket.resume();
  }

  get compresses(): boolean {
    return this.#out !== undefined;
  }

  /** What came next; undefined when nothing comes in time. */
  async next(timeoutMs: number): Promise<Seen | undefined> {
    if (this.#seen.length === 0) await this.#wait(timeoutMs);
    return this.#seen.shift();
  }

  #wait(timeoutMs: number): Promise<void> {
    const { over, end } = patience(timeoutMs);
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    return Promise.race([over, woken]).finally(end);
  }

  encode(frames: readonly FrameSpec[]): Buffer {
    return Buffer.concat(frames.map((frame) => encodeFrame(this.#packed(frame), this.#isClient)));
  }

  #packed(frame: FrameSpec): FrameSpec {
    if (frame.compress !== true) return frame;
    return { ...frame, payload: this.compress(frame.payload ?? new Uint8Array()), rsv: (frame.rsv ?? 0) | 4 };
  }

  compress(payload: Uint8Array): Buffer {
    if (this.#out === undefined) throw new Error("permessage-deflate is not in use");
    return this.#out.deflate(payload);
  }

  /** Writes the bytes, cut at the offsets in `cuts`, a turn of the event loop apart so that they arrive one by one. */
  async write(bytes: Buffer, cuts: readonly number[] = []): Promise<void> {
    let from = 0;
    for (const cut of [...cuts, bytes.length]) {
      if (!this.#socket.writable) return;
      this.#socket.write(bytes.subarray(from, cut));
      from = cut;
      if (cut < bytes.length) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Sends FIN. */
  end(): void {
    if (this.#socket.writable) this.#socket.end();
  }

  drop(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #finish(kind: "end" | "reset"): void {
    if (this.#over) return;
    this.#over = true;
    this.#note({ kind });
  }

  #note(seen: Seen): void {
    this.#seen.push(seen);
    this.#wake();
  }

  #read(chunk: Buffer): void {
    this.#reader.add(chunk);
    for (let frame = this.#reader.take(); frame !== undefined; frame = this.#reader.take()) this.#accept(frame);
  }

  #accept(frame: Frame): void {
    this.faults.push(...frameFaults(frame, !this.#isClient, this.compresses));
    if (this.#closed) this.faults.push(`a frame with opcode ${frame.opcode} came after the close frame`);
    if (frame.masked) this.keys.push(frame.key);
    if (frame.opcode === Opcode.close) this.#acceptClose(frame);
    else if (frame.opcode === Opcode.ping) this.#note({ kind: "ping", payload: frame.payload });
    else if (frame.opcode === Opcode.pong) this.#note({ kind: "pong", payload: frame.payload });
    else this.#acceptData(frame);
  }

  #acceptClose({ payload }: Frame): void {
    this.#closed = true;
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : undefined;
    const reason = payload.subarray(2);
    if (payload.length === 1) this.faults.push("a close frame has one byte");
    if (code !== undefined && !sendable(code)) this.faults.push(`the close code ${code} is on the wire`);
    if (!isUtf8(reason)) this.faults.push("a close reason is not UTF-8");
    this.#note({ kind: "close", code, reason });
  }

  #acceptData(frame: Frame): void {
    if ((frame.opcode === Opcode.continuation) !== (this.#parts !== undefined)) this.faults.push("fragments are out of order");
    if (frame.opcode === Opcode.continuation && frame.rsv !== 0) this.faults.push("a continuation has a reserved bit");
    if (this.#parts === undefined || this.#first === undefined) {
      this.#parts = [];
      this.#first = frame;
    }
    this.#parts.push(frame.payload);
    if (!frame.fin) return;
    const type = this.#first.opcode === Opcode.text ? "text" : "binary";
    const compressed = this.#first.rsv === 4;
    const payload = this.#unpacked(Buffer.concat(this.#parts), compressed);
    this.#parts = undefined;
    if (type === "text" && !isUtf8(payload)) this.faults.push("a text message is not UTF-8");
    this.#note({ kind: "message", type, payload, compressed });
  }

  #unpacked(payload: Buffer, compressed: boolean): Buffer {
    if (!compressed || this.#in === undefined) return payload;
    try {
      return this.#in.inflate(payload);
    } catch (error) {
      this.faults.push(`a compressed message cannot be inflated: ${String(error)}`);
      return Buffer.alloc(0);
    }
  }
}
