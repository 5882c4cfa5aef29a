interface Waiting {
  readonly limit: number;
  start: (() => void) | undefined;
}

/**
 * How many zlib calls of this process are in the thread pool at a time: each holds memory while it waits there, and too many of them break the heap
 * into pieces. First come, first served.
 */
export class ZlibQueue {
  readonly #waiting: Waiting[] = [];
  #running = 0;

  get running(): number {
    return this.#running;
  }

  /** Calls `start` when fewer than `limit` are running, at once if it can be. The answer takes a job that has not started off the queue. */
  enter(limit: number, start: () => void): () => void {
    const waiting: Waiting = { limit, start };
    this.#waiting.push(waiting);
    this.#next();
    return () => {
      waiting.start = undefined;
      this.#next();
    };
  }

  /** To be called once for each job that was started. */
  leave(): void {
    this.#running--;
    this.#next();
  }

  #next(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (first.start !== undefined && this.#running >= first.limit) return;
      this.#waiting.shift();
      if (first.start === undefined) continue;
      this.#running++;
      first.start();
    }
  }
}

/** The queue of this process. */
export const zlibQueue: ZlibQueue = new ZlibQueue();
