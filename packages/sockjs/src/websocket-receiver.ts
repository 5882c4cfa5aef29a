import type { WebSocket } from "@openline/ws";
import type { Receiver, ReceiverEvents } from "./receiver.ts";

/** A WebSocket that carries frames for as long as it lives. */
export class WebSocketReceiver implements Receiver {
  readonly #socket: WebSocket;
  #isBlocked = false;
  #isDone = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** From now on the receiver's session hears of it. */
  watch({ onReady, onLost }: ReceiverEvents): void {
    this.#socket.on("drain", () => {
      this.#isBlocked = false;
      onReady();
    });
    this.#socket.on("close", () => {
      if (!this.#isDone) onLost();
    });
  }

  send(frame: string): boolean {
    this.#isBlocked = !this.#socket.send(frame);
    return true;
  }

  end(): void {
    this.#isDone = true;
    this.#socket.close(1000);
  }

  destroy(): void {
    this.#isDone = true;
    this.#socket.terminate();
  }
}
