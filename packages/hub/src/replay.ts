import type { StoredMessage } from "./broker.ts";
import type { OutgoingMessage } from "./transport.ts";

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
