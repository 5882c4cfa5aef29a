import type { StoredMessage } from "./broker.ts";
import type { OutgoingMessage, Transport } from "./transport.ts";

/** Missed messages on their way to one connection. Made into text one by one as there is room: the queue holds references only. */
export class Replay {
  readonly #messages: readonly StoredMessage[];
  readonly #compose: (message: StoredMessage) => OutgoingMessage;
  #next = 0;

  constructor(messages: readonly StoredMessage[], compose: (message: StoredMessage) => OutgoingMessage) {
    this.#messages = messages;
    this.#compose = compose;
  }

  /** The next message, `undefined` after the last. */
  take(): OutgoingMessage | undefined {
    const message = this.#messages[this.#next++];
    return message === undefined ? undefined : this.#compose(message);
  }
}

/**
 * What waits for one connection, in order. At most 64 KiB lie below, in the transport; what waits here is bounded by `capBytes`
 * (contract 8). A single message is always taken into an empty queue. A replay does not count: it is references to messages that the room
 * keeps anyway, and there is one at a time.
 */
export class OutboundQueue {
  readonly #transport: Transport;
  readonly #capBytes: number;
  #waiting: (OutgoingMessage | Replay)[] = [];
  #head = 0;
  #bytes = 0;
  #blocked = false;
  #replays = 0;

  constructor(transport: Transport, capBytes: number) {
    this.#transport = transport;
    this.#capBytes = capBytes;
  }

  /** Bytes that wait here. */
  get bytes(): number {
    return this.#bytes;
  }

  get isReplaying(): boolean {
    return this.#replays > 0;
  }

  /** Sends the message, or lets it wait. False: the cap is reached, the message was not taken. */
  push(message: OutgoingMessage): boolean {
    if (!this.#blocked && this.#head === this.#waiting.length) {
      this.#send(message);
      return true;
    }
    if (this.#bytes > 0 && this.#bytes + message.bytes > this.#capBytes) return false;
    this.#waiting.push(message);
    this.#bytes += message.bytes;
    return true;
  }

  pushReplay(replay: Replay): void {
    this.#waiting.push(replay);
    this.#replays++;
    this.#pump();
  }

  /** The transport has room again. */
  drained(): void {
    this.#blocked = false;
    this.#pump();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#replays = 0;
  }

  #pump(): void {
    while (!this.#blocked && this.#head < this.#waiting.length) this.#step();
    // Shifting an array of thousands for each message costs more than letting the sent half go at once.
    if (this.#head > 64 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }

  #step(): void {
    const first = this.#waiting[this.#head];
    if (first instanceof Replay) {
      const message = first.take();
      if (message !== undefined) return this.#send(message);
      this.#replays--;
      this.#head++;
    } else if (first !== undefined) {
      this.#head++;
      this.#bytes -= first.bytes;
      this.#send(first);
    }
  }

  #send(message: OutgoingMessage): void {
    this.#blocked = !this.#transport.send(message);
  }
}
