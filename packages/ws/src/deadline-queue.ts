/** Something with a point in time at which it wants to be called. */
export interface Timed {
  /** The next time, in milliseconds of the queue's clock; `Infinity` for none. May move later at any time without telling the queue. */
  readonly deadline: number;
  /** Called when {@link Timed.deadline} has come. Its deadline is read again afterwards. */
  due(now: number): void;
}

/** Where a {@link DeadlineQueue} gets its time from. */
export interface Clock<Timer> {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): Timer;
  clearTimeout(timer: Timer): void;
}

interface Entry {
  readonly item: Timed;
  at: number;
  index: number;
}

/**
 * The deadlines of all connections of the process behind one timer: a binary heap by time. A connection that hears from its peer only moves its own
 * `deadline` later, which costs nothing here: when the old time comes, the queue sees the new one and files it again. Call
 * {@link DeadlineQueue.update} when a deadline may have moved earlier.
 */
export class DeadlineQueue<Timer> {
  readonly #clock: Clock<Timer>;
  readonly #heap: Entry[] = [];
  readonly #entries = new Map<Timed, Entry>();
  #timer: Timer | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  readonly #fire = (): void => this.#fired();

  constructor(clock: Clock<Timer>) {
    this.#clock = clock;
  }

  /** How many have a deadline on file. */
  get size(): number {
    return this.#heap.length;
  }

  /** Takes note of the item's deadline when it is new or earlier than the one on file. */
  update(item: Timed): void {
    const at = item.deadline;
    const entry = this.#entries.get(item);
    if (entry === undefined) {
      if (at === Number.POSITIVE_INFINITY) return;
      this.#insert({ item, at, index: this.#heap.length });
    } else if (at < entry.at) {
      entry.at = at;
      this.#rise(entry);
    } else return;
    this.#arm();
  }

  /** Forgets the item. */
  remove(item: Timed): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#delete(entry);
    if (this.#heap.length === 0) this.#disarm();
  }

  #insert(entry: Entry): void {
    this.#entries.set(entry.item, entry);
    this.#heap.push(entry);
    this.#rise(entry);
  }

  #delete(entry: Entry): void {
    this.#entries.delete(entry.item);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    last.index = entry.index;
    this.#heap[last.index] = last;
    this.#rise(last);
    this.#sink(last);
  }

  #fired(): void {
    this.#disarm();
    const now = this.#clock.now();
    try {
      for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) this.#settle(first, now);
    } finally {
      this.#arm();
    }
  }

  #settle(entry: Entry, now: number): void {
    const { item } = entry;
    this.#delete(entry);
    try {
      if (item.deadline <= now) item.due(now);
    } finally {
      // An item that names a past time again would hold the loop for ever; the next millisecond is soon enough.
      const at = Math.max(item.deadline, now + 1);
      if (at < Number.POSITIVE_INFINITY && !this.#entries.has(item)) this.#insert({ item, at, index: this.#heap.length });
    }
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.at >= this.#armedFor) return;
    this.#disarm();
    this.#armedFor = first.at;
    this.#timer = this.#clock.setTimeout(this.#fire, Math.min(Math.max(1, Math.ceil(first.at - this.#clock.now())), 2 ** 31 - 1));
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #rise(entry: Entry): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (parent === undefined || parent.at <= entry.at) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.index + 1];
      const right = this.#heap[2 * entry.index + 2];
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (child === undefined || child.at >= entry.at) return;
      this.#swap(entry, child);
    }
  }

  #swap(a: Entry, b: Entry): void {
    const { index } = a;
    a.index = b.index;
    b.index = index;
    this.#heap[a.index] = a;
    this.#heap[b.index] = b;
  }
}

/** The clock of the process: monotonic, so that a changed wall clock cuts no connection. Its timer keeps no process alive; the sockets do. */
export const monotonicClock: Clock<NodeJS.Timeout> = {
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer) => clearTimeout(timer),
};

/** The queue of this process. */
export const deadlineQueue: DeadlineQueue<NodeJS.Timeout> = new DeadlineQueue(monotonicClock);
