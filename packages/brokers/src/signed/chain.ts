import { epochStart, type Page, type Position, type StoredMessage, samePosition } from "@openline/hub";

/** Closes the gaps that refused messages leave: who comes after one names the last genuine message as its predecessor. */
export class Chain {
  #refused: { readonly position: Position; readonly previous: StoredMessage["previous"] } | undefined;

  refuse({ position, previous }: StoredMessage): void {
    this.#refused = { position, previous: this.#before(previous) };
  }

  link(message: StoredMessage): StoredMessage {
    const previous = this.#before(message.previous);
    return previous === message.previous ? message : { ...message, previous };
  }

  /** Where a room stands whose newest message may have been refused. */
  top(top: Page["top"]): Position {
    const before = this.#before(top);
    if (before === null) return epochStart(top.epoch);
    return before ?? top;
  }

  #before(position: StoredMessage["previous"]): StoredMessage["previous"] {
    const refused = this.#refused;
    if (position === null || position === undefined || refused === undefined) return position;
    return samePosition(position, refused.position) ? refused.previous : position;
  }
}
