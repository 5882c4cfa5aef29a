import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from "node:zlib";

export type ZlibStream = DeflateRaw | InflateRaw;

type OnError = (message: string, errno: number, code: string) => void;

/** The part of Node's private zlib binding that is used here. */
interface Handle {
  writeSync(flush: number, input: Uint8Array, at: number, length: number, output: Uint8Array, outputAt: number, outputLength: number): void;
  readonly onerror: OnError;
}

/**
 * Writes through the handle inside a zlib stream, at once: Node has no public call that keeps a context and is synchronous. Its streams take two
 * round trips through the thread pool for a message of 1 KiB, about ten times what compressing it costs.
 */
export class SyncZlib {
  /** What the last write left: input not read, output not filled. */
  inputLeft = 0;
  outputLeft = 0;
  readonly #handle: Handle;
  readonly #state: Uint32Array;
  #isWriting = false;
  #fault: string | undefined;

  private constructor(handle: Handle, state: Uint32Array) {
    this.#handle = handle;
    this.#state = state;
    const streamFails = handle.onerror;
    // The stream destroys itself on an error of its own writes; those of ours are ours.
    const onError: OnError = (message, errno, code) => {
      if (this.#isWriting) this.#fault = message;
      else Reflect.apply(streamFails, handle, [message, errno, code]);
    };
    Object.assign(handle, { onerror: onError });
  }

  /** Undefined where this Node has no such handle, or the environment variable `OPENLINE_ZLIB` is `public`. */
  static over(stream: ZlibStream): SyncZlib | undefined {
    return isUsable() ? SyncZlib.#over(stream) : undefined;
  }

  /** Whether a context made by this Node can be written to in this way, by trying it. */
  static probe(): boolean {
    const deflate = createDeflateRaw();
    const inflate = createInflateRaw();
    try {
      const deflated = Buffer.alloc(64);
      const inflated = Buffer.alloc(64);
      const left = roundTrip(SyncZlib.#over(deflate), Buffer.from("probe"), deflated);
      if (left === undefined) return false;
      const right = roundTrip(SyncZlib.#over(inflate), deflated.subarray(0, left), inflated);
      return right === 5 && inflated.toString("latin1", 0, 5) === "probe";
    } catch {
      return false;
    } finally {
      deflate.close();
      inflate.close();
    }
  }

  static #over(stream: ZlibStream): SyncZlib | undefined {
    const handle: unknown = Reflect.get(stream, "_handle");
    const state: unknown = Reflect.get(stream, "_writeState");
    return isHandle(handle) && state instanceof Uint32Array && state.length >= 2 ? new SyncZlib(handle, state) : undefined;
  }

  /** Writes and flushes; a string says what is wrong with the input. Never while a write of the stream itself is under way: that ends the process. */
  write(input: Uint8Array, at: number, length: number, output: Uint8Array): string | undefined {
    this.#fault = undefined;
    this.#isWriting = true;
    try {
      this.#handle.writeSync(constants.Z_SYNC_FLUSH, input, at, length, output, 0, output.length);
    } finally {
      this.#isWriting = false;
    }
    this.outputLeft = this.#state[0] ?? 0;
    this.inputLeft = this.#state[1] ?? 0;
    return this.#fault;
  }
}

function isHandle(handle: unknown): handle is Handle {
  if (typeof handle !== "object" || handle === null) return false;
  return typeof Reflect.get(handle, "writeSync") === "function" && typeof Reflect.get(handle, "onerror") === "function";
}

function roundTrip(zlib: SyncZlib | undefined, input: Uint8Array, output: Uint8Array): number | undefined {
  if (zlib === undefined || zlib.write(input, 0, input.length, output) !== undefined || zlib.inputLeft !== 0) return undefined;
  return output.length - zlib.outputLeft;
}

let probed: boolean | undefined;

function isUsable(): boolean {
  if (process.env["OPENLINE_ZLIB"] === "public") return false;
  probed ??= SyncZlib.probe();
  return probed;
}
