import { constants, deflateRawSync, type ZlibOptions } from "node:zlib";
import { type PreparedFrame, withDeflated } from "@openline/protocol";
import { platform } from "../platform.ts";
import { deflateNow } from "./deflater.ts";
import { ZlibContext } from "./zlib-context.ts";

/** Contexts that wait for their next user. More than one is needed only while messages are under way in the thread pool, or in pieces. */
const MAX_IDLE = 2;

const TAIL_BYTES = 4;

/**
 * Contexts of one kind that several connections share: each message has one for itself and leaves it as it found it. So 10,000 connections without
 * context takeover need one compressor and one decompressor, which stay in the processor's caches.
 */
export class ContextPool {
  readonly #kind: "deflate" | "inflate";
  readonly #options: ZlibOptions;
  readonly #idle: ZlibContext[] = [];
  readonly #prepared: WeakMap<PreparedFrame, PreparedFrame> = new WeakMap();

  constructor(kind: "deflate" | "inflate", options: ZlibOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** A context without history. Give it back. */
  take(): ZlibContext {
    return this.#idle.pop() ?? new ZlibContext(this.#kind, this.#options);
  }

  give(context: ZlibContext): void {
    if (!context.isUsable || this.#idle.length >= MAX_IDLE) return context.close();
    context.reset();
    this.#idle.push(context);
  }

  /** The frame with its compressed form, made when it is asked for first. */
  prepared(frame: PreparedFrame): PreparedFrame {
    let prepared = this.#prepared.get(frame);
    if (prepared === undefined) {
      prepared = withDeflated(frame, this.#deflate(frame.payload), platform);
      this.#prepared.set(frame, prepared);
    }
    return prepared;
  }

  #deflate(payload: Uint8Array): Uint8Array {
    const context = this.take();
    const result = context.sync === undefined ? undefined : deflateNow(context.sync, payload, true);
    this.give(context);
    if (result instanceof Uint8Array) return result;
    const whole = deflateRawSync(payload, { ...this.#options, finishFlush: constants.Z_SYNC_FLUSH });
    return whole.subarray(0, whole.length - TAIL_BYTES);
  }
}

const pools = new Map<string, ContextPool>();
const poolsOfDictionaries = new WeakMap<object, Map<string, ContextPool>>();

/** The pool of this process for contexts with these options. */
export function contextPool(kind: "deflate" | "inflate", { dictionary, ...options }: ZlibOptions): ContextPool {
  const among = dictionary === undefined ? pools : poolsOf(dictionary);
  const key = `${kind} ${JSON.stringify(Object.entries(options).toSorted(([left], [right]) => (left < right ? -1 : 1)))}`;
  let pool = among.get(key);
  if (pool === undefined) {
    pool = new ContextPool(kind, dictionary === undefined ? options : { ...options, dictionary });
    among.set(key, pool);
  }
  return pool;
}

function poolsOf(dictionary: object): Map<string, ContextPool> {
  const those = poolsOfDictionaries.get(dictionary) ?? new Map<string, ContextPool>();
  poolsOfDictionaries.set(dictionary, those);
  return those;
}
