import type { ClientMessage } from "@openline/wire";

/** Does one message; a promise means that those behind it wait. */
export type Handle = (message: ClientMessage, bytes: number) => Promise<void> | undefined;

/** Messages of one connection that wait while an earlier one is being decided upon: their order is the client's. It ends when nothing waits any more. */
export class Inbox {
  readonly #handle: Handle;
  readonly #mostBytes: number;
  readonly #waiting: { readonly message: ClientMessage; readonly bytes: number }[] = [];
  #bytes = 0;
  #isClosed = false;

  constructor(handle: Handle, mostBytes: number) {
    this.#handle = handle;
    this.#mostBytes = mostBytes;
  }

  /** Takes a message; false when too much waits already. */
  add(message: ClientMessage, bytes: number): boolean {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#mostBytes) return false;
    this.#bytes += bytes;
    this.#waiting.push({ message, bytes });
    return true;
  }

  /** Goes on when `first` is decided, until nothing waits: `onEmpty` is called at that very moment, so that nothing is added in vain. Rejects with what a handler threw. */
  async drain(first: Promise<void>, onEmpty: () => void): Promise<void> {
    await first;
    for (let next = this.#waiting.shift(); next !== undefined && !this.#isClosed; next = this.#waiting.shift()) {
      this.#bytes -= next.bytes;
      await this.#handle(next.message, next.bytes);
    }
    onEmpty();
  }

  /** Lets go of what waits. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
  }
}
