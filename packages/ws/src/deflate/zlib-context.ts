import { createDeflateRaw, createInflateRaw, type ZlibOptions } from "node:zlib";
import { SyncZlib, type ZlibStream } from "./sync-zlib.ts";
import { ZlibJobs } from "./zlib-job.ts";

/** Output of synchronous writes; copied out before the next one. */
export const scratch: Buffer = Buffer.allocUnsafeSlow(65_536);

/** One compressor or decompressor: a zlib stream, with the way to write to it at once where there is one. */
export class ZlibContext {
  readonly stream: ZlibStream;
  readonly sync: SyncZlib | undefined;
  readonly jobs: ZlibJobs;

  constructor(kind: "deflate" | "inflate", options: ZlibOptions) {
    this.stream = kind === "deflate" ? createDeflateRaw(options) : createInflateRaw(options);
    this.sync = SyncZlib.over(this.stream);
    this.jobs = new ZlibJobs(this.stream);
  }

  /** Whether it can be used for another message. */
  get isUsable(): boolean {
    return !this.stream.destroyed && !this.stream.readableEnded && !this.jobs.isBusy;
  }

  /** Forgets what went through it. Not while a job is under way. */
  reset(): void {
    this.stream.reset();
  }

  close(): void {
    this.jobs.cancel();
    this.stream.close();
  }
}
