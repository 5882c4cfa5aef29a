import { Roster } from "./roster.ts";

/** Something that can let go of memory while nothing happens at it. */
export interface Restful {
  /** Called now and then. True: it rests, and is added again when it no longer does. */
  rest(): boolean;
}

/** A connection rests after one to two of these without any traffic. */
const EVERY_MS = 5000;

/** Everything that does not rest, asked in turn every five seconds, by one timer that is only there while somebody is. */
export class RestQueue {
  readonly #awake = new Roster<Restful>();
  #timer: NodeJS.Timeout | undefined;
  readonly #everyMs: number;

  constructor(everyMs: number = EVERY_MS) {
    this.#everyMs = everyMs;
  }

  /** How many are not at rest. */
  get size(): number {
    return this.#awake.size;
  }

  /** It is over, and need not be asked any more. */
  remove(item: Restful): void {
    this.#awake.delete(item);
  }

  /** To be called when it wakes. */
  add(item: Restful): void {
    this.#awake.add(item);
    this.#timer ??= setInterval(() => this.sweep(), this.#everyMs).unref();
  }

  /** Asks all of them now. */
  sweep(): void {
    for (const item of this.#awake) if (item.rest()) this.#awake.delete(item);
    if (this.#awake.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** The queue of this process. */
export const restQueue: RestQueue = new RestQueue();
