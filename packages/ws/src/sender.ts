import type { Duplex } from "node:stream";
import { type FrameList, type FrameOptions, writeFrame } from "./frame-list.ts";
import { asBuffer, bytesOf, isBlob, type SendData } from "./payload.ts";
import type { SendCallback } from "./send-callbacks.ts";
import { checkCloseFrame, checkControlBytes } from "./usage.ts";

/** What a {@link Sender} needs of a negotiated permessage-deflate. */
export interface Compressor {
  compress(data: Buffer, fin: boolean, callback: (error: Error | null, compressed?: Buffer) => void): void;
}

/** Options of {@link Sender.send}. */
export interface SenderOptions {
  readonly binary?: boolean | undefined;
  readonly compress?: boolean | undefined;
  readonly fin?: boolean | undefined;
  readonly mask?: boolean | undefined;
}

interface Job {
  readonly data: Buffer | Blob;
  readonly options: FrameOptions;
  readonly compressor: Compressor | undefined;
  readonly callback: SendCallback | undefined;
}

const noBytes = Buffer.alloc(0);

/**
 * Writes frames to a stream, as `ws` exports it: for programs that speak the protocol by themselves behind an upgrade of their own. The sockets of this
 * package do not use it; what stands at their `_sender` hands each frame to their own queue.
 */
export class Sender {
  /** Called when a Blob cannot be read or compression fails. */
  onerror: (error: Error) => void = () => undefined;
  readonly #socket: Duplex | undefined;
  readonly #compressor: Compressor | undefined;
  readonly #generateMask: ((mask: Buffer) => void) | undefined;
  readonly #jobs: Job[] = [];
  #isWorking = false;
  #isFirstFragment = true;
  #compresses = false;

  constructor(socket?: Duplex, extensions: Readonly<Record<string, unknown>> = {}, generateMask?: (mask: Buffer) => void) {
    this.#socket = socket;
    const compressor = extensions["permessage-deflate"];
    this.#compressor = isCompressor(compressor) ? compressor : undefined;
    this.#generateMask = generateMask;
  }

  /** Builds a frame: give the list to `sendFrame` of as many sockets as you like, and leave it as it is. */
  static frame(data: SendData, options: FrameOptions): Buffer[] {
    return writeFrame(typeof data === "string" ? Buffer.from(data) : asBuffer(bytesOf(data)), options);
  }

  /** @throws TypeError for a code that may not be sent; RangeError for a reason over 123 bytes */
  close(code: number | undefined, reason: string | Uint8Array | undefined, mask?: boolean, callback?: SendCallback): void {
    const text = checkCloseFrame(code, reason);
    const payload = code === undefined ? noBytes : Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(text)]);
    this.#add({ data: payload, options: this.#options(8, true, mask), compressor: undefined, callback });
  }

  /** @throws RangeError for more than 125 bytes */
  ping(data: SendData, mask?: boolean, callback?: SendCallback): void {
    this.#control(9, data, mask, callback);
  }

  /** @throws RangeError for more than 125 bytes */
  pong(data: SendData, mask?: boolean, callback?: SendCallback): void {
    this.#control(10, data, mask, callback);
  }

  /** Sends a message, or a fragment of one. The data must not change until the callback. */
  send(data: SendData, options: SenderOptions, callback?: SendCallback): void {
    const opcode = this.#isFirstFragment ? (options.binary === true ? 2 : 1) : 0;
    if (this.#isFirstFragment) this.#compresses = options.compress === true && this.#compressor !== undefined;
    this.#isFirstFragment = options.fin !== false;
    const rsv1 = this.#compresses && opcode !== 0;
    this.#add({
      data: asContent(data),
      options: { ...this.#options(opcode, options.fin !== false, options.mask), rsv1 },
      compressor: this.#compresses ? this.#compressor : undefined,
      callback,
    });
  }

  /** Writes a frame as it is. */
  sendFrame(list: FrameList, callback?: SendCallback): void {
    const socket = this.#socket;
    if (socket === undefined) throw new TypeError("This Sender was made without a stream: it can only build frames");
    const last = list.length - 1;
    if (last > 0) socket.cork();
    for (const [index, part] of list.entries()) socket.write(part, index === last ? (error) => callback?.(error ?? undefined) : undefined);
    if (last > 0) socket.uncork();
  }

  #control(opcode: number, data: SendData, mask: boolean | undefined, callback: SendCallback | undefined): void {
    const content = asContent(data);
    checkControlBytes(isBlob(content) ? content.size : content.length);
    this.#add({ data: content, options: this.#options(opcode, true, mask), compressor: undefined, callback });
  }

  #options(opcode: number, fin: boolean, mask: boolean | undefined): FrameOptions {
    return { opcode, fin, mask, generateMask: this.#generateMask };
  }

  #add(job: Job): void {
    if (!this.#isWorking && Buffer.isBuffer(job.data) && job.compressor === undefined) {
      return this.sendFrame(writeFrame(job.data, job.options), job.callback);
    }
    this.#jobs.push(job);
    if (!this.#isWorking) void this.#work();
  }

  // One after the other, so that the order of the calls is the order on the wire.
  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      const { callback } = job;
      try {
        const bytes = Buffer.isBuffer(job.data) ? job.data : Buffer.from(await job.data.arrayBuffer());
        const payload = job.compressor === undefined ? bytes : await compressed(job.compressor, bytes, job.options.fin !== false);
        this.sendFrame(writeFrame(payload, job.options), callback);
      } catch (cause) {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        if (callback !== undefined) process.nextTick(callback, error);
        process.nextTick(this.onerror, error);
      }
    }
    this.#isWorking = false;
  }
}

function asContent(data: SendData): Buffer | Blob {
  if (isBlob(data)) return data;
  return typeof data === "string" ? Buffer.from(data) : asBuffer(bytesOf(data));
}

async function compressed(compressor: Compressor, bytes: Buffer, fin: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    compressor.compress(bytes, fin, (error, result) =>
      result === undefined ? reject(error ?? new Error("nothing came out")) : resolve(result),
    );
  });
}

function isCompressor(value: unknown): value is Compressor {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "compress") === "function";
}
