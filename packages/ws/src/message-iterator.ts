import { unshared } from "./fast-driver/shared-read-buffer.ts";
import type { RawData } from "./payload.ts";
import type { WebSocket } from "./websocket.ts";

/** A message as `for await` gives it: text as a string, binary as `binaryType` says. */
export type ReceivedMessage = string | RawData;

interface Waiter {
  resolve(result: IteratorResult<ReceivedMessage, undefined>): void;
  reject(error: Error): void;
}

/** Stops and starts reading; the two are called in turn. */
export interface ReadingGate {
  pause(): void;
  resume(): void;
}

/**
 * The messages of a socket, one at a time: reading stands still until the next one is asked for, so nothing piles up while the consumer works, and leaving the
 * loop loses nothing. Ends when the connection is closed; throws when it failed.
 */
export class MessageIterator implements AsyncIterableIterator<ReceivedMessage, undefined, undefined> {
  readonly #websocket: WebSocket;
  readonly #gate: ReadingGate;
  readonly #waiters: Waiter[] = [];
  /** Come without being asked for: what had been read when the transport was lost. */
  readonly #ready: ReceivedMessage[] = [];
  #isHeld = false;
  #isOver = false;
  #error: Error | undefined;

  constructor(websocket: WebSocket, gate: ReadingGate) {
    this.#websocket = websocket;
    this.#gate = gate;
    this.#isOver = websocket.readyState === 3;
    if (this.#isOver) return;
    websocket.on("message", this.#onMessage).on("error", this.#onError).on("close", this.#onClose);
    this.#hold();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<ReceivedMessage, undefined>> {
    const message = this.#ready.shift();
    if (message !== undefined) return { done: false, value: message };
    if (this.#isOver) return this.#end();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#release();
    });
  }

  /** Leaves the connection open, and gives reading back to whoever listens for `message`. */
  async return(): Promise<IteratorResult<ReceivedMessage, undefined>> {
    this.#stop();
    return { done: true, value: undefined };
  }

  readonly #onMessage = (data: RawData, isBinary: boolean): void => {
    // Text comes as a Buffer whatever `binaryType` says.
    const message = !Buffer.isBuffer(data) ? data : isBinary ? unshared(data) : data.toString();
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#ready.push(message);
    else waiter.resolve({ done: false, value: message });
    if (this.#waiters.length === 0) this.#hold();
  };

  readonly #onError = (error: Error): void => {
    this.#error ??= error;
  };

  readonly #onClose = (): void => {
    this.#error ??= this.#websocket.cause;
    this.#stop();
  };

  #end(): IteratorResult<ReceivedMessage, undefined> {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  #stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#websocket.off("message", this.#onMessage).off("error", this.#onError).off("close", this.#onClose);
    this.#release();
    for (const waiter of this.#waiters.splice(0)) {
      try {
        waiter.resolve(this.#end());
      } catch (error) {
        waiter.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#gate.pause();
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#gate.resume();
  }
}
