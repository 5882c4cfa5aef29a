import { createHash } from "node:crypto";
import { Duplex } from "node:stream";
import {
  Event,
  type EventKind,
  HIXIE_CLOSE,
  HixieEvent,
  type HixieOpening,
  HixieReader,
  hixieChallenge,
  hixieText,
  Machine,
} from "@openline/protocol";
import { platform } from "./platform.ts";

type Done = (error?: Error | null) => void;

const NONCE_BYTES = 8;
/** For the eight bytes behind the head of hixie-76, where the endpoint has no deadline of its own. */
const NONCE_TIMEOUT_MS = 10_000;
const noBytes = Buffer.alloc(0);
/** A masked text frame of 2^63 - 1 bytes: its head. No endpoint takes it, whatever its limit (RFC 6455 §5.2). */
const endlessFrame = Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

/** What an {@link HixieStream} is made with. */
export interface HixieStreamOptions {
  /** Longer texts are shown to the endpoint as a frame that is too big. */
  readonly maxPayloadBytes: number;
  /** How long the eight bytes may take. Default 10,000. */
  readonly nonceTimeoutMs?: number | undefined;
}

/**
 * Stands between the transport of a client of the Hixie drafts and the endpoint, which it speaks RFC 6455 with as a client's machine would: so limits, back-pressure
 * and the closing handshake of the endpoint hold, and nothing of the drafts is in it. What the drafts have no words for stays here: pings are answered, close codes
 * are not sent, and a binary message ends the connection. The head of the answer has been written; the transport is the stream's from here on.
 */
export class HixieStream extends Duplex {
  readonly #transport: Duplex;
  readonly #opening: HixieOpening;
  readonly #reader: HixieReader;
  readonly #machine = new Machine({
    role: "client",
    platform,
    now: 0,
    maxPayloadBytes: Number.POSITIVE_INFINITY,
    maxFragments: Number.POSITIVE_INFINITY,
  });
  /** What has come of the eight bytes; undefined when nothing is waited for. */
  #nonce: Buffer | undefined;
  #nonceTimer: NodeJS.Timeout | undefined;
  /** What the endpoint wrote before the eight bytes had come. */
  #early: (() => void) | undefined;
  #closeSent = false;
  #closeReceived = false;
  #hasEnded = false;
  readonly #out: Uint8Array[] = [];

  /** `head` is what arrived with the request. */
  constructor(transport: Duplex, head: Buffer, opening: HixieOpening, { maxPayloadBytes, nonceTimeoutMs }: HixieStreamOptions) {
    super({ emitClose: true, allowHalfOpen: true });
    this.#transport = transport;
    this.#opening = opening;
    this.#reader = new HixieReader(opening.draft, maxPayloadBytes);
    if (opening.numbers !== undefined) {
      this.#nonce = noBytes;
      const late = (): void => void this.destroy(new Error("The eight bytes of the challenge have not come in time (hixie-76 §5.2)"));
      this.#nonceTimer = setTimeout(late, nonceTimeoutMs ?? NONCE_TIMEOUT_MS).unref();
    }
    transport.on("error", (error: Error) => this.destroy(error));
    // After the client's end the endpoint goes on until it has read what is left.
    transport.on("close", () => this.#hasEnded || this.destroy());
    transport.on("end", () => this.#ended());
    if (head.length > 0) this.#received(head);
    transport.on("data", (chunk: Buffer) => this.#received(chunk));
  }

  /** As a `net.Socket` has it. */
  get remoteAddress(): string | undefined {
    const address: unknown = Reflect.get(this.#transport, "remoteAddress");
    return typeof address === "string" ? address : undefined;
  }

  // ---- from the client

  #received(chunk: Buffer): void {
    const rest = this.#nonce === undefined ? chunk : this.#takeNonce(this.#nonce, chunk);
    if (rest.length === 0) return;
    this.#reader.receive(rest);
    for (let kind = this.#reader.next(); kind !== HixieEvent.None; kind = this.#reader.next()) {
      if (kind === HixieEvent.Text) this.#machine.sendText(Buffer.from(this.#reader.data).toString());
      else if (kind === HixieEvent.TooBig) return this.#tooBig();
      else this.#closed();
    }
    this.#give();
  }

  #takeNonce(before: Buffer, chunk: Buffer): Buffer {
    const nonce = Buffer.concat([before, chunk]);
    this.#nonce = nonce;
    if (nonce.length < NONCE_BYTES) return noBytes;
    this.#nonce = undefined;
    clearTimeout(this.#nonceTimer);
    const [first, second] = this.#opening.numbers ?? [0, 0];
    const challenge = hixieChallenge(first, second, nonce.subarray(0, NONCE_BYTES));
    this.#transport.write(createHash("md5").update(challenge).digest());
    this.#early?.();
    return nonce.subarray(NONCE_BYTES);
  }

  #closed(): void {
    this.#closeReceived = true;
    // Without effect where the endpoint has begun.
    this.#machine.close();
  }

  // The endpoint is shown the head of a frame that it cannot but refuse with 1009, behind the texts before it.
  #tooBig(): void {
    this.#give();
    this.#closeReceived = true;
    this.push(endlessFrame);
  }

  // In hixie-75 the end of the transport is the only close there is.
  #ended(): void {
    this.#hasEnded = true;
    if (this.#opening.draft === 75) this.#closed();
    this.#give();
    this.push(null);
  }

  /** Hands the endpoint what the machine has to say; after the endpoint's close frame only once the client has answered it. */
  #give(): void {
    const machine = this.#machine;
    if (!machine.hasOutput || (this.#closeSent && !this.#closeReceived)) return;
    const bytes = machine.takeOutput(this.#out);
    const chunk = Buffer.concat(this.#out.splice(0));
    machine.written(bytes);
    if (!this.push(chunk)) this.#transport.pause();
  }

  // ---- from the endpoint

  override _read(): void {
    this.#transport.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    const go = (): void => this.#toClient(chunk, done);
    if (this.#nonce === undefined) go();
    else this.#early = go;
  }

  #toClient(chunk: Buffer, done: Done): void {
    const frames: Uint8Array[] = [];
    // Copied, since the machine may keep a part of it.
    this.#machine.receive(Buffer.from(chunk));
    for (let kind = this.#machine.next(); kind !== Event.None; kind = this.#machine.next()) {
      const fault = this.#frame(kind, frames);
      if (fault !== undefined) return done(fault);
    }
    this.#give();
    const bytes = Buffer.concat(frames);
    if (bytes.length > 0 && !this.#transport.destroyed) this.#transport.write(bytes, done);
    else done();
  }

  #frame(kind: EventKind, frames: Uint8Array[]): Error | undefined {
    if (kind === Event.Binary) return new TypeError("A client of the Hixie drafts cannot be sent a binary message");
    if (kind === Event.Text) frames.push(hixieText(this.#machine.data));
    if (kind === Event.Close && !this.#closeSent) {
      this.#closeSent = true;
      if (this.#opening.draft === 76) frames.push(HIXIE_CLOSE);
      // There is nothing that the client could answer.
      else this.#closeReceived = true;
    }
    return undefined;
  }

  override _final(done: Done): void {
    if (this.#transport.destroyed) done();
    else this.#transport.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#nonceTimer);
    this.#transport.destroy();
    done(error);
  }
}
