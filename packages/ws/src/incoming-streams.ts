import { Readable } from "node:stream";
import { ClosedError } from "@openline/protocol";
import type { StreamSink } from "./connection-owner.ts";
import type { ReadingGate } from "./message-iterator.ts";
import { asBuffer } from "./payload.ts";
import type { WebSocket } from "./websocket.ts";

/**
 * A message that is still coming in, as a node `Readable` of Buffers. Text pieces may end inside a character: use `setEncoding("utf8")`. What is not read of it
 * when the next message is asked for, or when it is destroyed, is left out.
 */
export class IncomingMessageStream extends Readable {
  readonly isBinary: boolean;
  readonly #wanted: () => void;

  constructor(isBinary: boolean, highWaterMark: number, wanted: () => void) {
    super({ highWaterMark, autoDestroy: true });
    this.isBinary = isBinary;
    this.#wanted = wanted;
  }

  /** The pieces; strings after `setEncoding`, which the type does not tell. */
  override [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return super[Symbol.asyncIterator]();
  }

  override _read(): void {
    this.#wanted();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error);
    this.#wanted();
  }
}

/** What {@link MessageStreams} asks of a connection; `Connection` fits. */
export interface StreamedConnection extends ReadingGate {
  readonly machine: { streaming: boolean };
  streamSink: StreamSink | undefined;
}

interface Waiter {
  resolve(result: IteratorResult<IncomingMessageStream, undefined>): void;
  reject(error: Error): void;
}

const HIGH_WATER_BYTES = 65_536;

/**
 * The messages of a socket as streams, one at a time: of a message no more is kept than one buffer of 64 KiB and one read. Reading stands still while the
 * consumer is behind. Ends when the connection is closed; throws when it failed.
 */
export class MessageStreams implements StreamSink, AsyncIterableIterator<IncomingMessageStream, undefined, undefined> {
  readonly #websocket: WebSocket;
  readonly #connection: StreamedConnection;
  /** Whether such messages are accepted; otherwise the connection has been closed. */
  readonly #accepts: (isBinary: boolean) => boolean;
  #current: IncomingMessageStream | undefined;
  #isCurrentComplete = false;
  /** The current one was handed out. */
  #isTaken = false;
  #isFull = false;
  #waiter: Waiter | undefined;
  #isHeld = false;
  #isOver = false;
  #error: Error | undefined;

  constructor(websocket: WebSocket, connection: StreamedConnection, accepts: (isBinary: boolean) => boolean) {
    this.#websocket = websocket;
    this.#connection = connection;
    this.#accepts = accepts;
    this.#isOver = websocket.readyState === 3;
    if (this.#isOver) return;
    connection.machine.streaming = true;
    connection.streamSink = this;
    websocket.on("error", this.#onError).on("close", this.#onClose);
    this.#update();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** @throws Error when it is called again before the last call was answered */
  async next(): Promise<IteratorResult<IncomingMessageStream, undefined>> {
    if (this.#waiter !== undefined) throw new Error("The next message was asked for already");
    const current = this.#current;
    if (current !== undefined && !this.#isTaken) return this.#hand(current);
    current?.destroy();
    if (this.#isOver) return this.#end();
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#update();
    });
  }

  /** The rest of the message at hand is left out; later ones come as the event `message` again. */
  async return(): Promise<IteratorResult<IncomingMessageStream, undefined>> {
    if (!this.#isOver) this.#connection.machine.streaming = false;
    this.#current?.destroy();
    this.#stop();
    return { done: true, value: undefined };
  }

  // ---- StreamSink

  started(isBinary: boolean): void {
    this.#current = undefined;
    if (this.#isOver || !this.#accepts(isBinary)) return;
    const current = new IncomingMessageStream(isBinary, HIGH_WATER_BYTES, () => this.#wanted(current));
    this.#current = current;
    this.#isCurrentComplete = this.#isFull = this.#isTaken = false;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve(this.#hand(current));
    this.#update();
  }

  data(bytes: Uint8Array, isOwned: boolean): void {
    const current = this.#current;
    if (current === undefined || current.destroyed) return;
    // A small view into a chunk of 64 KiB would keep all of it.
    this.#isFull = !current.push(isOwned ? asBuffer(bytes) : Buffer.from(bytes));
    this.#update();
  }

  ended(): void {
    this.#isCurrentComplete = true;
    this.#current?.push(null);
    this.#isFull = false;
    this.#update();
  }

  #hand(stream: IncomingMessageStream): IteratorResult<IncomingMessageStream, undefined> {
    this.#isTaken = true;
    this.#update();
    return { done: false, value: stream };
  }

  #wanted(stream: IncomingMessageStream): void {
    if (stream !== this.#current) return;
    this.#isFull = false;
    this.#update();
  }

  readonly #onError = (error: Error): void => {
    this.#error ??= error;
  };

  readonly #onClose = (): void => {
    this.#error ??= this.#websocket.cause;
    const current = this.#current;
    if (current !== undefined && !this.#isCurrentComplete && !current.destroyed) {
      current.destroy(this.#error ?? new ClosedError("CLOSED_TRANSPORT", { value: "the message is not complete" }));
    }
    this.#stop();
  };

  #end(): IteratorResult<IncomingMessageStream, undefined> {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  #stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#websocket.off("error", this.#onError).off("close", this.#onClose);
    this.#update();
    const waiter = this.#waiter;
    this.#waiter = undefined;
    try {
      waiter?.resolve(this.#end());
    } catch (error) {
      waiter?.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  // Reading goes on for whoever waits for a message, and for the message at hand while there is room. A message that was destroyed is read past.
  #update(): void {
    const current = this.#current;
    const isReading = current !== undefined && !this.#isCurrentComplete && (current.destroyed || (this.#isTaken && !this.#isFull));
    const isHeld = !this.#isOver && this.#waiter === undefined && !isReading;
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#connection.pause();
    else this.#connection.resume();
  }
}
