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

/** Which part of what waits: the events whose key falls on number `at` of so many lanes. Events of one key are in one lane, whatever their number. */
export interface Lane {
  readonly at: number;
  readonly of: number;
}

/** A change of an outbox, as its journal keeps it. `done`, `dead`: so many of the first that wait, in that lane where one is named. */
export type OutboxChange =
  | ({ readonly do: "add" } & WebhookEvent)
  | { readonly do: "done"; readonly count: number; readonly lane?: Lane }
  | { readonly do: "dead"; readonly count: number; readonly lane?: Lane; readonly reason: string; readonly time: number }
  | ({ readonly do: "refused"; readonly reason: string; readonly time: number } & WebhookEvent)
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
  taking(event: WebhookEvent, time: number): OutboxChange {
    const { events, bytes } = this.#limits;
    if (this.#waiting.length < events && this.#waitingBytes + event.text.length <= bytes) return { do: "add", ...event };
    return { do: "refused", ...event, time, reason: `the outbox is full: ${this.#waiting.length} events wait` };
  }

  /** The first events of a lane, as many as fit: at least one where any waits. */
  batch(most: number, mostBytes: number, lane?: Lane): readonly WebhookEvent[] {
    const events: WebhookEvent[] = [];
    let bytes = 0;
    for (const event of this.#waiting) {
      if (events.length === most) break;
      if (!isIn(event, lane)) continue;
      bytes += event.text.length;
      if (bytes > mostBytes && events.length > 0) break;
      events.push(event);
    }
    return events;
  }

  apply(change: OutboxChange): void {
    switch (change.do) {
      case "add":
        return this.#add(change);
      case "done":
        return void this.#shift(change.count, change.lane);
      case "dead":
        for (const event of this.#shift(change.count, change.lane)) this.#bury({ ...event, reason: change.reason, time: change.time });
        return;
      case "refused":
        return this.#bury(change);
      case "retry":
        return this.#retry();
    }
  }

  /** The changes that make an empty outbox into this one. */
  *changes(): Generator<OutboxChange> {
    for (const event of this.#dead) yield { do: "refused", ...event };
    for (const event of this.#waiting) yield { do: "add", ...event };
  }

  #add({ id, text, key = "" }: WebhookEvent): void {
    this.#waiting.push({ id, text, key });
    this.#waitingBytes += text.length;
  }

  #shift(count: number, lane: Lane | undefined): WebhookEvent[] {
    const gone: WebhookEvent[] = [];
    this.#waiting = this.#waiting.filter((event) => {
      const goes = gone.length < count && isIn(event, lane);
      if (goes) gone.push(event);
      return !goes;
    });
    for (const { text } of gone) this.#waitingBytes -= text.length;
    return gone;
  }

  #bury({ id, text, key = "", reason, time }: DeadEvent): void {
    this.#dead.push({ id, text, key, reason, time });
    this.#deadBytes += text.length;
    while (this.#dead.length > this.#limits.deadLetters || (this.#deadBytes > this.#limits.bytes && this.#dead.length > 1)) {
      this.#deadBytes -= this.#dead.shift()?.text.length ?? 0;
      this.#dropped++;
    }
  }

  #retry(): void {
    for (const event of this.#dead) this.#add(event);
    this.#dead = [];
    this.#deadBytes = 0;
  }
}

/** The number of the lane, of so many, in which an event is. */
export function laneOf({ key = "" }: WebhookEvent, of: number): number {
  return of === 1 ? 0 : hash(key) % of;
}

function isIn(event: WebhookEvent, lane: Lane | undefined): boolean {
  return lane === undefined || laneOf(event, lane.of) === lane.at;
}

/** FNV-1a, 32 bits: the same in every process, since journals name lanes. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
