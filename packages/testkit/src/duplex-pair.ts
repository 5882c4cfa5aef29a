import { Duplex } from "node:stream";

/** How one end of a {@link duplexPair} delivers what the other wrote. */
export interface DuplexPairOptions {
  /** Length in bytes of the next piece to deliver, given how many are left: 1 delivers byte by byte. Default: as written. */
  readonly pieceBytes?: (left: number) => number;
}

/**
 * Two streams, each of which reads what the other one writes: a connection without a network. Delivery is asynchronous (a later
 * turn) and in order; a reader that pauses holds the writer back, as TCP does.
 */
export function duplexPair(options: DuplexPairOptions = {}): [PairEnd, PairEnd] {
  const left = new PairEnd(options);
  const right = new PairEnd(options);
  left.connect(right);
  right.connect(left);
  return [left, right];
}

/** One end of a {@link duplexPair}. `destroy()` on one end closes the other as a reset does: with an error where it had not ended. */
export class PairEnd extends Duplex {
  readonly #pieceBytes: (left: number) => number;
  #peer: PairEnd | undefined;
  #waiting: (() => void) | undefined;
  /** The chunks that were written to the peer, as they were written: counts writes, not bytes. */
  readonly written: Uint8Array[] = [];

  constructor({ pieceBytes = (left) => left }: DuplexPairOptions) {
    super({ allowHalfOpen: true });
    this.#pieceBytes = pieceBytes;
  }

  connect(peer: PairEnd): void {
    this.#peer = peer;
  }

  override _read(): void {
    const resume = this.#waiting;
    this.#waiting = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.written.push(chunk);
    this.#deliver(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    const all = Buffer.concat(chunks.map(({ chunk }) => chunk));
    this.written.push(all);
    this.#deliver(all, done);
  }

  override _final(done: () => void): void {
    setImmediate(() => {
      this.#peer?.push(null);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const peer = this.#peer;
    setImmediate(() => {
      if (peer === undefined || peer.destroyed) return;
      peer.destroy(this.writableFinished ? undefined : Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
    });
    done(error);
  }

  #deliver(chunk: Buffer, done: () => void): void {
    setImmediate(() => {
      const peer = this.#peer;
      if (peer === undefined || peer.destroyed || peer.readableEnded) return done();
      const piece = Math.max(1, Math.min(chunk.length, this.#pieceBytes(chunk.length)));
      const room = chunk.length === 0 || peer.push(Buffer.from(chunk.subarray(0, piece)));
      const next = chunk.length > piece ? () => this.#deliver(chunk.subarray(piece), done) : done;
      if (room) next();
      else peer.#waiting = next;
    });
  }
}
