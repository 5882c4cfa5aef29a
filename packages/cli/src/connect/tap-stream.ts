import { Duplex } from "node:stream";

/** Hears what goes over a line. The bytes are only theirs until they return. */
export interface Tap {
  sent(bytes: Buffer): void;
  received(bytes: Buffer): void;
}

/** A transport that passes everything on and lets somebody listen in. */
export class TapStream extends Duplex {
  readonly #inner: Duplex;
  readonly #tap: Tap;

  /** The inner stream belongs to this one from here on. */
  constructor(inner: Duplex, tap: Tap) {
    super({ allowHalfOpen: true });
    this.#inner = inner;
    this.#tap = tap;
    inner.on("data", (chunk: Buffer) => {
      tap.received(chunk);
      if (!this.push(chunk)) inner.pause();
    });
    inner.on("end", () => this.push(null));
    inner.on("error", (error) => this.destroy(error));
    inner.on("close", () => this.destroy());
  }

  override _read(): void {
    this.#inner.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#tap.sent(chunk);
    this.#inner.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#inner.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner.destroy();
    done(error);
  }
}
