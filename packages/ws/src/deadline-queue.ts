/** Something with a point in time at which it wants to be called. */
export interface Timed {
  /** The next time, in milliseconds of the queue's clock; `Infinity` for none. May move later at any time without telling the queue. */
  readonly deadline: number;
  /** The queue's own: where the item stands in it. -1 at first. */
  queueIndex: number;
  /** Called when {@link Timed.deadline} has come. Its deadline is read again afterwards. */
  due(now: number): void;
}

/** Where a {@link DeadlineQueue} gets its time from. */
export interface Clock<Timer> {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): Timer;
  clearTimeout(timer: Timer): void;
}

/**
 * The deadlines of all connections of the process behind one timer: a binary heap by time. A connection that hears from its peer only moves its own
 * `deadline` later, which costs nothing here: when the old time comes, the queue sees the new one and files it again. Call
 * {@link DeadlineQueue.update} when a deadline may have moved earlier. Items know their places themselves: a `Map` of them costs more than the rest.
 */
export class DeadlineQueue<Timer> {
  readonly #clock: Clock<Timer>;
  readonly #restMs: number;
  #firedAt = Number.NEGATIVE_INFINITY;
  readonly #heap: Timed[] = [];
  /** The deadlines on file, by the same index. */
  readonly #times: number[] = [];
  #timer: Timer | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  readonly #fire = (): void => this.#fired();

  /** `restMs`: the least time from one firing of the timer to the next, by which a deadline may come late. */
  constructor(clock: Clock<Timer>, restMs = 0) {
    this.#clock = clock;
    this.#restMs = restMs;
  }

  /** How many have a deadline on file. */
  get size(): number {
    return this.#heap.length;
  }

  /** Takes note of the item's deadline when it is new or earlier than the one on file. */
  update(item: Timed): void {
    const at = item.deadline;
    const index = item.queueIndex;
    if (index < 0) {
      if (at === Number.POSITIVE_INFINITY) return;
      this.#insert(item, at);
    } else if (at < this.#times[index]!) this.#rise(item, at, index);
    else return;
    this.#arm();
  }

  /** Forgets the item. */
  remove(item: Timed): void {
    if (item.queueIndex < 0) return;
    this.#delete(item);
    if (this.#heap.length === 0) this.#disarm();
  }

  #insert(item: Timed, at: number): void {
    this.#rise(item, at, this.#heap.length);
  }

  #delete(item: Timed): void {
    const index = item.queueIndex;
    item.queueIndex = -1;
    const last = this.#heap.pop();
    const at = this.#times.pop();
    if (last === undefined || at === undefined || last === item) return;
    // The last one fills the gap, from where it goes up or down.
    const parent = this.#times[(index - 1) >> 1];
    if (index > 0 && parent !== undefined && at < parent) this.#rise(last, at, index);
    else this.#sink(last, at, index);
  }

  #fired(): void {
    this.#disarm();
    const now = this.#clock.now();
    this.#firedAt = now;
    try {
      for (let first = this.#heap[0]; first !== undefined && this.#times[0]! <= now; first = this.#heap[0]) this.#settle(first, now);
    } finally {
      this.#arm();
    }
  }

  #settle(item: Timed, now: number): void {
    this.#delete(item);
    try {
      if (item.deadline <= now) item.due(now);
    } finally {
      // An item that names a past time again would hold the loop for ever; the next millisecond is soon enough.
      const at = Math.max(item.deadline, now + 1);
      if (at < Number.POSITIVE_INFINITY && item.queueIndex < 0) this.#insert(item, at);
    }
  }

  #arm(): void {
    const first = this.#times[0];
    if (first === undefined || first >= this.#armedFor) return;
    this.#disarm();
    this.#armedFor = first;
    const at = Math.max(first, this.#firedAt + this.#restMs);
    this.#timer = this.#clock.setTimeout(this.#fire, Math.min(Math.max(1, Math.ceil(at - this.#clock.now())), 2 ** 31 - 1));
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  /** Puts the item where there is a gap, or further up. */
  #rise(item: Timed, at: number, gap: number): void {
    let index = gap;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#times[parent]! <= at) break;
      this.#put(this.#heap[parent]!, this.#times[parent]!, index);
      index = parent;
    }
    this.#put(item, at, index);
  }

  /** Puts the item where there is a gap, or further down. */
  #sink(item: Timed, at: number, gap: number): void {
    const times = this.#times;
    let index = gap;
    for (let child = 2 * index + 1; child < times.length; child = 2 * index + 1) {
      if (child + 1 < times.length && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= at) break;
      this.#put(this.#heap[child]!, times[child]!, index);
      index = child;
    }
    this.#put(item, at, index);
  }

  #put(item: Timed, at: number, index: number): void {
    item.queueIndex = index;
    this.#heap[index] = item;
    this.#times[index] = at;
  }
}

/** The clock of the process: monotonic, so that a changed wall clock cuts no connection. Its timer keeps no process alive; the sockets do. */
export const monotonicClock: Clock<NodeJS.Timeout> = {
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => clearTimeout(timer),
};

// What costs is waking up: 10,000 heartbeats of 25 s are due at 400 moments of each second, 30 ms CPU per second more than none; woken 40 times, 7.
const REST_MS = 25;

/** The queue of this process. Deadlines are met within 25 ms. */
export const deadlineQueue: DeadlineQueue<NodeJS.Timeout> = new DeadlineQueue(monotonicClock, REST_MS);
