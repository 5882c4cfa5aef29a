import type { ServerResponse } from "node:http";
import { answer, type Fields } from "./answer.ts";
import type { Clock } from "./clock.ts";
import type { Receiver, ReceiverEvents } from "./receiver.ts";
import type { ReceivingTransport } from "./transports.ts";

/** What an {@link HttpReceiver} is made with. */
export interface HttpReceiverOptions {
  readonly transport: ReceivingTransport;
  readonly callback: string;
  readonly fields: Fields;
  /** Bytes of frames after which a stream ends, so that browsers can forget it. */
  readonly limitBytes: number;
  readonly clock: Clock;
}

/** How long a client may take to read the end of a response. One that reads nothing would hold it, and its connection, for as long as it likes. */
const endMs = 60_000;

/** One response that carries frames: a stream until its limit, or a poll's single frame. */
export class HttpReceiver implements Receiver {
  readonly #response: ServerResponse;
  readonly #options: HttpReceiverOptions;
  #sentBytes = 0;
  #isDone = false;

  constructor(response: ServerResponse, options: HttpReceiverOptions) {
    this.#response = response;
    this.#options = options;
    if (options.transport.prelude !== undefined) this.#begin(options.transport.prelude(options.callback));
  }

  get isBlocked(): boolean {
    return this.#response.writableNeedDrain;
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  /** From now on the receiver's session hears of it. */
  watch({ onReady, onLost }: ReceiverEvents): void {
    // Node 26 may emit it from within the write.
    this.#response.on("drain", () => queueMicrotask(onReady));
    this.#response.once("close", () => {
      if (!this.#isDone) onLost();
    });
  }

  send(frame: string): boolean {
    const { transport, callback, limitBytes } = this.#options;
    const text = transport.wrap(frame, callback);
    if (transport.prelude === undefined) {
      this.#isDone = true;
      answer(this.#response, 200, text, this.#fields());
      this.#boundEnd();
      return false;
    }
    this.#write(text);
    this.#sentBytes += Buffer.byteLength(text);
    if (this.#sentBytes < limitBytes) return true;
    this.end();
    return false;
  }

  end(): void {
    this.#isDone = true;
    this.#response.end();
    this.#boundEnd();
  }

  destroy(): void {
    this.#isDone = true;
    this.#response.destroy();
  }

  /** Its session has let go of it: nobody else would break it off. */
  #boundEnd(): void {
    const { clock } = this.#options;
    const deadline = clock.setTimeout(() => this.#response.destroy(), endMs);
    this.#response.once("close", () => clock.clearTimeout(deadline));
  }

  #begin(prelude: string): void {
    // nginx would hold a stream back until its buffer is full.
    this.#response.writeHead(200, { ...this.#fields(), "X-Accel-Buffering": "no" });
    this.#write(prelude);
  }

  /** One chunk for one text, as clients that count chunks want it: from Node 26 on, writes of one turn would share one. */
  #write(text: string): void {
    this.#response.cork();
    this.#response.write(text);
    this.#response.uncork();
  }

  #fields(): Fields {
    const { transport, fields } = this.#options;
    return { "Content-Type": transport.contentType, ...transport.fields, ...fields };
  }
}
