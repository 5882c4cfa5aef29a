import type { Duplex } from "node:stream";
import { type Driver, type DriverOwner, Write } from "./driver.ts";
import { dropTransport } from "./http2/node-http2.ts";
import { isSmall } from "./payload.ts";

type TcpLike = Duplex & { setNoDelay?: (on: boolean) => unknown; setTimeout?: (ms: number) => unknown };

/**
 * The portable driver: a `net.Socket`, a `tls.TLSSocket`, an HTTP/2 stream or any other `Duplex`. Each read is a buffer of its own, so a view into it
 * may be kept. The stream stays its owner's: only listeners are added.
 */
export class StreamDriver implements Driver {
  readonly sharesReadBuffer = false;
  readonly stream: TcpLike;
  #owner: DriverOwner | undefined;
  #pending = 0;
  #error: Error | undefined;
  readonly #onWritten = (error?: Error | null): void => this.#written(error);

  constructor(stream: Duplex) {
    this.stream = stream;
  }

  get pendingBytes(): number {
    return this.#pending;
  }

  attach(owner: DriverOwner): void {
    this.#owner = owner;
    const stream = this.stream;
    // Another Duplex than a socket may have neither.
    stream.setTimeout?.(0);
    stream.setNoDelay?.(true);
    stream.on("error", (error: Error) => {
      this.#error ??= error;
      // A Duplex made with `autoDestroy: false` would never close by itself.
      stream.destroy();
    });
    stream.on("end", () => this.#owner?.ended());
    stream.on("close", () => this.#closed());
    // A stream that closed before has said so already.
    if (stream.closed) process.nextTick(() => this.#closed());
  }

  start(head: Uint8Array): void {
    if (head.length > 0) this.#owner?.received(head, false);
    this.stream.on("data", (chunk: Uint8Array) => this.#owner?.received(chunk, isSmall(chunk)));
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  write(segments: readonly Uint8Array[], bytes: number): Write {
    const stream = this.stream;
    this.#pending = bytes;
    // Nothing will ever take these bytes; `closed` follows.
    if (stream.destroyed || stream.writableEnded) return Write.Pending;
    if (!writeToStream(stream, segments, this.#onWritten)) return Write.Pending;
    this.#pending = 0;
    return Write.Taken;
  }

  end(): void {
    this.stream.end();
  }

  abort(): void {
    dropTransport(this.stream);
  }

  // The callback of a write that the kernel took at once comes a tick late, perhaps while the next one is pending: only an empty stream counts.
  #written(error?: Error | null): void {
    if (error || this.#pending === 0 || this.stream.writableLength > 0) return;
    const bytes = this.#pending;
    this.#pending = 0;
    this.#owner?.written(bytes);
  }

  #closed(): void {
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.closed(this.#error);
  }
}

/** Writes the segments as one. Answers whether the stream is empty afterwards: then the kernel has them. The callback comes in any case. */
export function writeToStream(stream: Duplex, segments: readonly Uint8Array[], callback: (error?: Error | null) => void): boolean {
  const last = segments.length - 1;
  if (last > 0) stream.cork();
  for (let i = 0; i < last; i++) stream.write(segments[i]);
  stream.write(segments[last], callback);
  if (last > 0) stream.uncork();
  return stream.writableLength === 0;
}
