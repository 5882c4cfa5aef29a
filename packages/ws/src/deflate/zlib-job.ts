import { constants } from "node:zlib";
import type { ZlibStream } from "./sync-zlib.ts";
import { zlibQueue } from "./zlib-queue.ts";

/** What came out of a zlib stream, or why nothing can. */
export type JobResult =
  | { readonly chunks: Uint8Array[]; readonly bytes: number }
  | { readonly why: "data" | "limit"; readonly detail: string };

/** One message, or part of one, for the thread pool. */
export interface Job {
  readonly input: readonly Uint8Array[];
  /** Output that there is already; it counts. */
  readonly chunks: Uint8Array[];
  readonly bytes: number;
  readonly limitBytes: number;
  readonly concurrencyLimit: number;
  readonly done: (result: JobResult) => void;
}

/** An empty block and the tail (RFC 7692 §7.2.3.4): zlib's streams leave unread what follows a final block. */
const AFTER_FINAL_BLOCK_BYTES = 5;

/** Runs jobs on a zlib stream in Node's thread pool, one at a time, through public API only. */
export class ZlibJobs {
  readonly #stream: ZlibStream;
  #job: Job | undefined;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isRunning = false;
  #isListening = false;
  #leaveQueue: () => void = () => undefined;

  constructor(stream: ZlibStream) {
    this.#stream = stream;
    stream.on("error", (error) => this.#finish({ why: "data", detail: error.message }));
  }

  get isBusy(): boolean {
    return this.#job !== undefined;
  }

  start(job: Job): void {
    this.#job = job;
    this.#chunks = job.chunks;
    this.#bytes = job.bytes;
    this.#leaveQueue = zlibQueue.enter(job.concurrencyLimit, () => this.#run(job));
  }

  /** Gives the job under way up: `done` is not called, and the stream must be closed. */
  cancel(): void {
    this.#job = undefined;
    this.#chunks = [];
    this.#end();
  }

  #run(job: Job): void {
    const stream = this.#stream;
    this.#isRunning = true;
    if (!this.#isListening) {
      this.#isListening = true;
      stream.on("data", (chunk: Buffer) => this.#took(chunk));
    }
    const before = stream.bytesWritten;
    let left = 0;
    for (const input of job.input) {
      stream.write(input);
      left += input.length;
    }
    stream.flush(constants.Z_SYNC_FLUSH, (error?: Error | null) => {
      if (this.#job !== job) return;
      const fault = stream.errored ?? error;
      if (fault) return this.#finish({ why: "data", detail: fault.message });
      left -= stream.bytesWritten - before;
      if (stream.readableEnded && left > AFTER_FINAL_BLOCK_BYTES) this.#finish({ why: "data", detail: "blocks behind the final one" });
      else this.#finish({ chunks: this.#chunks, bytes: this.#bytes });
    });
  }

  #took(chunk: Uint8Array): void {
    const job = this.#job;
    if (job === undefined) return;
    this.#bytes += chunk.length;
    if (this.#bytes <= job.limitBytes) this.#chunks.push(chunk);
    else this.#finish({ why: "limit", detail: `more than ${job.limitBytes} bytes` });
  }

  #finish(result: JobResult): void {
    const job = this.#job;
    if (job === undefined) return;
    this.#job = undefined;
    this.#chunks = [];
    this.#end();
    job.done(result);
  }

  #end(): void {
    this.#leaveQueue();
    if (!this.#isRunning) return;
    this.#isRunning = false;
    zlibQueue.leave();
  }
}

/** One buffer out of the chunks; a single one is handed on as it is. */
export function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
}
