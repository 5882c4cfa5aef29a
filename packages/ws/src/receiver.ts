import { Writable } from "node:stream";
import { Event, type EventKind, Machine } from "@openline/protocol";
import { monotonicClock } from "./deadline-queue.ts";
import { asBuffer, type BinaryType, ownedArrayBuffer, ownedBuffer, type RawData } from "./payload.ts";
import { platform } from "./platform.ts";

/** What a {@link Receiver} needs of a negotiated permessage-deflate. */
export interface Decompressor {
  decompress(data: Buffer, fin: boolean, callback: (error: Error | null, inflated?: Buffer) => void): void;
}

/** Options of {@link Receiver}, with the defaults of `ws`: no limits. */
export interface ReceiverOptions {
  readonly allowSynchronousEvents?: boolean | undefined;
  readonly binaryType?: BinaryType | undefined;
  /** What was negotiated, by name. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  /** Whether what arrives comes from a client, masked. Default false. */
  readonly isServer?: boolean | undefined;
  readonly maxBufferedChunks?: number | undefined;
  readonly maxFragments?: number | undefined;
  readonly maxPayload?: number | undefined;
  readonly skipUTF8Validation?: boolean | undefined;
}

type Done = (error?: Error | null) => void;

/**
 * Reads frames that are written into it, as `ws` exports it: for programs that speak the protocol by themselves. Emits `message` (data, isBinary), `ping` and
 * `pong` (data), `conclude` (code, reason) for a close frame, and `error`, with the code of a ProtocolError. What is written into it belongs to it.
 */
export class Receiver extends Writable {
  readonly #machine: Machine;
  readonly #isSynchronous: boolean;
  readonly #binaryType: BinaryType;
  readonly #decompressor: Decompressor | undefined;

  constructor(options: ReceiverOptions = {}) {
    super();
    const decompressor = options.extensions?.["permessage-deflate"];
    this.#decompressor = isDecompressor(decompressor) ? decompressor : undefined;
    this.#isSynchronous = options.allowSynchronousEvents !== false;
    this.#binaryType = options.binaryType ?? "nodebuffer";
    this.#machine = new Machine({
      role: options.isServer === true ? "server" : "client",
      platform,
      now: monotonicClock.now(),
      autoPong: false,
      maxPayloadBytes: orNoLimit(options.maxPayload),
      maxFragments: orNoLimit(options.maxFragments),
      skipUtf8Validation: options.skipUTF8Validation === true,
      keepFragments: options.binaryType === "fragments",
      codec: this.#decompressor && {},
    });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#machine.receive(chunk);
    this.#read(done);
  }

  #read(done: Done): void {
    const machine = this.#machine;
    for (let kind = machine.next(); kind !== Event.None; kind = machine.next()) {
      if (kind === Event.Inflate) return this.#inflate(done);
      if (kind === Event.Error) return done(machine.error);
      if (kind === Event.Close) return this.#conclude(done);
      if (this.#emit(kind) && !this.#isSynchronous) return void setImmediate(() => this.#read(done));
    }
    done();
  }

  #conclude(done: Done): void {
    this.emit("conclude", this.#machine.closeCode, Buffer.from(this.#machine.closeReason));
    this.end();
    done();
  }

  /** Whether it was something to emit. */
  #emit(kind: EventKind): boolean {
    const machine = this.#machine;
    if (kind === Event.Ping) return this.#tell("ping", Buffer.from(machine.data));
    if (kind === Event.Pong) return this.#tell("pong", Buffer.from(machine.data));
    if (kind === Event.Text) return this.#tell("message", this.#whole(), false);
    if (kind === Event.Binary) return this.#tell("message", this.#binary(), true);
    return false;
  }

  #tell(event: string, ...values: readonly unknown[]): true {
    this.emit(event, ...values);
    return true;
  }

  #whole(): Buffer {
    const { data, fragments, owned } = this.#machine;
    if (fragments !== undefined) return Buffer.concat(fragments);
    return owned ? asBuffer(data) : ownedBuffer(data, false);
  }

  #binary(): RawData {
    const { data, fragments, owned } = this.#machine;
    if (this.#binaryType === "fragments") return (fragments ?? [data]).map(asBuffer);
    if (this.#binaryType === "arraybuffer") return ownedArrayBuffer(data, !owned);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see RawData
    if (this.#binaryType === "blob") return new Blob([ownedArrayBuffer(data, !owned)]) as unknown as RawData;
    return this.#whole();
  }

  #inflate(done: Done): void {
    const machine = this.#machine;
    this.#decompressor?.decompress(Buffer.from(machine.data), machine.final, (error, inflated) => {
      if (error) return done(error);
      if (inflated !== undefined && inflated.length <= machine.limit) machine.inflated(inflated);
      else machine.inflateFailed("limit");
      this.#read(done);
    });
  }
}

function orNoLimit(limit: number | undefined): number {
  return limit === undefined || limit === 0 ? Number.POSITIVE_INFINITY : limit;
}

function isDecompressor(value: unknown): value is Decompressor {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "decompress") === "function";
}
