import type { StoredMessage } from "./broker.ts";
import type { History } from "./history.ts";
import { type Position, samePosition } from "./position.ts";
import type { OutgoingMessage } from "./transport.ts";

/** Messages of one page; as many as a slow reader takes at a time, roughly. */
const pageMessages = 256;
/** Pages that are kept for the next reader. */
const keptPages = 4;

/** A stretch of a room's history that several readers go through, each from its own place; each message becomes text once. */
export class SharedPage {
  readonly messages: readonly StoredMessage[];
  readonly #start: Position;
  readonly #compose: (message: StoredMessage) => OutgoingMessage;
  readonly #composed: OutgoingMessage[] = [];

  constructor(start: Position, messages: readonly StoredMessage[], compose: (message: StoredMessage) => OutgoingMessage) {
    this.#start = start;
    this.messages = messages;
    this.#compose = compose;
  }

  /** The place of the first message after `position`; -1 when the page has none. */
  placeAfter(position: Position): number {
    const place = samePosition(this.#start, position)
      ? 0
      : this.messages.findIndex((message) => samePosition(message.position, position)) + 1 || this.messages.length;
    return place < this.messages.length ? place : -1;
  }

  text(place: number, message: StoredMessage): OutgoingMessage {
    this.#composed[place] ??= this.#compose(message);
    return this.#composed[place];
  }
}

/** One read for all that ask in the same turn: it begins where the lowest of them stands. */
interface Batch {
  lowest: Position;
  readonly page: Promise<SharedPage | undefined>;
}

/** Reads a room's history for readers that fell back. Those that come at once share the reads, and the pages. */
export class SharedPages {
  readonly #history: Pick<History, "after">;
  readonly #compose: (message: StoredMessage) => OutgoingMessage;
  readonly #onRead: () => void;
  #kept: SharedPage[] = [];
  #batch: Batch | undefined;

  constructor(history: Pick<History, "after">, compose: (message: StoredMessage) => OutgoingMessage, onRead: () => void) {
    this.#history = history;
    this.#compose = compose;
    this.#onRead = onRead;
  }

  /**
   * A page that goes on after `position`, empty when there is nothing after it; `undefined` when the history does not continue it.
   * @throws what the broker's read threw.
   */
  async after(position: Position): Promise<SharedPage | undefined> {
    for (;;) {
      const known = this.#kept.find((page) => page.placeAfter(position) >= 0);
      if (known !== undefined) return known;
      const batch = this.#join(position);
      const page = await batch.page;
      // Each turn serves the lowest at least, so it comes to an end for everyone.
      if (samePosition(batch.lowest, position) || (page?.placeAfter(position) ?? -1) >= 0) return page;
    }
  }

  /** Nobody is behind any more. */
  clear(): void {
    this.#kept = [];
  }

  #join(position: Position): Batch {
    if (this.#batch === undefined) this.#batch = { lowest: position, page: this.#readBatch() };
    else if (position.offset < this.#batch.lowest.offset) this.#batch.lowest = position;
    return this.#batch;
  }

  async #readBatch(): Promise<SharedPage | undefined> {
    await Promise.resolve();
    const lowest = this.#batch?.lowest;
    this.#batch = undefined;
    if (lowest === undefined) return undefined;
    this.#onRead();
    const { missed } = await this.#history.after(lowest, pageMessages);
    if (!missed.continuous) return undefined;
    const page = new SharedPage(lowest, missed.messages.slice(0, pageMessages), this.#compose);
    this.#kept = [page, ...this.#kept].slice(0, keptPages);
    return page;
  }
}
