import type { WebhookEvent } from "./webhook-event.ts";
import type { DeadLetter } from "./webhook-service.ts";

/** How much an {@link Outbox} holds. */
export interface OutboxLimits {
  readonly events: number;
  /** Of JSON, waiting and dead together each. */
  readonly bytes: number;
  /** Dead letters; the oldest make room for newer ones. */
  readonly deadLetters: number;
}

/** A change of an outbox, as its journal keeps it. `done`, `dead`: so many of the first that wait. */
export type OutboxChange =
  | { readonly do: "add"; readonly id: string; readonly text: string }
  | { readonly do: "done"; readonly count: number }
  | { readonly do: "dead"; readonly count: number; readonly reason: string; readonly time: number }
  | { readonly do: "refused"; readonly id: string; readonly text: string; readonly reason: string; readonly time: number }
  | { readonly do: "retry" };

/** An event that was given up. */
export interface DeadEvent extends WebhookEvent {
  readonly reason: string;
  readonly time: number;
}

/**
 * Events that wait to be delivered, in their order, and those that were given up. Every change goes through `apply`, so that a journal of the changes
 * leads to the same outbox again.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  #waiting: WebhookEvent[] = [];
  #waitingBytes = 0;
  #dead: DeadEvent[] = [];
  #deadBytes = 0;
  #dropped = 0;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  get pending(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#waitingBytes + this.#deadBytes;
  }

  /** Dead letters that made room for newer ones. */
  get dropped(): number {
    return this.#dropped;
  }

  get deadCount(): number {
    return this.#dead.length;
  }

  /** The dead letters, the oldest first. */
  get deadLetters(): DeadLetter[] {
    return this.#dead.map(({ text, reason, time }) => ({ event: JSON.parse(text), reason, failedAt: time }));
  }

  /** What becomes of a new event: it waits, or there is no room and it is given up at once, so that the order of those that wait stays whole. */
  taking({ id, text }: WebhookEvent, time: number): OutboxChange {
    const { events, bytes } = this.#limits;
    if (this.#waiting.length < events && this.#waitingBytes + text.length <= bytes) return { do: "add", id, text };
    return { do: "refused", id, text, time, reason: `the outbox is full: ${this.#waiting.length} events wait` };
  }

  /** The first events, as many as fit: at least one where any waits. */
  batch(most: number, mostBytes: number): readonly WebhookEvent[] {
    let bytes = 0;
    const end = this.#waiting.slice(0, most).findIndex(({ text }, index) => (bytes += text.length) > mostBytes && index > 0);
    return this.#waiting.slice(0, end < 0 ? most : end);
  }

  apply(change: OutboxChange): void {
    switch (change.do) {
      case "add":
        return this.#add(change);
      case "done":
        return void this.#shift(change.count);
      case "dead":
        for (const event of this.#shift(change.count)) this.#bury({ ...event, reason: change.reason, time: change.time });
        return;
      case "refused":
        return this.#bury(change);
      case "retry":
        return this.#retry();
    }
  }

  /** The changes that make an empty outbox into this one. */
  *changes(): Generator<OutboxChange> {
    for (const { id, text, reason, time } of this.#dead) yield { do: "refused", id, text, reason, time };
    for (const { id, text } of this.#waiting) yield { do: "add", id, text };
  }

  #add({ id, text }: WebhookEvent): void {
    this.#waiting.push({ id, text });
    this.#waitingBytes += text.length;
  }

  #shift(count: number): WebhookEvent[] {
    const gone = this.#waiting.splice(0, count);
    for (const { text } of gone) this.#waitingBytes -= text.length;
    return gone;
  }

  #bury({ id, text, reason, time }: DeadEvent): void {
    this.#dead.push({ id, text, reason, time });
    this.#deadBytes += text.length;
    while (this.#dead.length > this.#limits.deadLetters || (this.#deadBytes > this.#limits.bytes && this.#dead.length > 1)) {
      this.#deadBytes -= this.#dead.shift()?.text.length ?? 0;
      this.#dropped++;
    }
  }

  #retry(): void {
    for (const { id, text } of this.#dead) this.#add({ id, text });
    this.#dead = [];
    this.#deadBytes = 0;
  }
}
