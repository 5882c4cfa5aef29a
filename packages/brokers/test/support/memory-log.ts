import { seeded } from "@openline/hub/testing";
import type { LogEvents, LogRecord, LogSession, OpenLog } from "../../src/log/log-session.ts";

interface Kept extends LogRecord {
  readonly time: number;
}

interface Partition {
  records: Kept[];
  next: number;
}

/** A copy of a log, to be put back later. */
export type LogCopy = readonly Partition[];

/**
 * A log in memory, with sessions that can be cut, hang, and fall back: what RabbitMQ and Kafka are to the log-tail engine. Everything takes a
 * random number of turns, by a seed; what one session appends keeps its order.
 */
export class MemoryLog {
  partitions: Partition[];
  /** Nothing is answered, nothing is told. */
  isHung = false;
  isRefusing = false;
  /** Offsets are not dense, as in RabbitMQ's streams. */
  readonly #sparse: boolean;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #sessions = new Set<MemorySession>();

  constructor(
    partitions: number,
    { seed = 1, sparse = false, now = Date.now }: { seed?: number; sparse?: boolean; now?: () => number } = {},
  ) {
    this.partitions = Array.from({ length: partitions }, () => ({ records: [], next: 0 }));
    this.#sparse = sparse;
    this.#random = seeded(seed);
    this.#now = now;
  }

  readonly open: OpenLog = async (events) => {
    await this.turns();
    if (this.isRefusing || this.isHung) throw new Error("connection refused");
    const session = new MemorySession(this, events);
    this.#sessions.add(session);
    return session;
  };

  get sessions(): readonly MemorySession[] {
    return [...this.#sessions];
  }

  /** Some time, by chance. */
  async turns(): Promise<void> {
    for (let count = Math.floor(this.#random() * 4); count >= 0; count--) await new Promise((resolve) => setImmediate(resolve));
  }

  put(partition: number, text: string): void {
    const log = this.partitions[partition];
    if (log === undefined) throw new Error(`no partition ${partition}`);
    log.records.push({ offset: log.next, text, time: this.#now() });
    log.next += this.#sparse && this.#random() < 0.2 ? 2 : 1;
  }

  copy(): LogCopy {
    return this.partitions.map(({ records, next }) => ({ records: [...records], next }));
  }

  /** As a server that starts again from an older copy: all connections end. */
  fallBack(copy: LogCopy): void {
    this.partitions = copy.map(({ records, next }) => ({ records: [...records], next }));
    this.cut();
  }

  cut(): void {
    for (const session of this.#sessions) session.cut();
  }

  ended(session: MemorySession): void {
    this.#sessions.delete(session);
  }

  spread(text: string): void {
    for (const session of this.#sessions) session.tell(text);
  }
}

export class MemorySession implements LogSession {
  readonly #log: MemoryLog;
  readonly #events: LogEvents;
  readonly #rejects = new Set<(error: unknown) => void>();
  #sending: Promise<void> = Promise.resolve();
  #told: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(log: MemoryLog, events: LogEvents) {
    this.#log = log;
    this.#events = events;
  }

  async bounds(partition: number): Promise<{ first: number; next: number }> {
    return await this.#answer(() => {
      const log = this.#log.partitions[partition];
      const newest = log?.records.at(-1);
      const next = newest === undefined ? (log?.next ?? 0) : newest.offset + 1;
      return { first: log?.records[0]?.offset ?? next, next };
    });
  }

  async tail(
    partition: number,
    from: { offset: number } | { since: number },
    hear: (records: readonly LogRecord[]) => void,
  ): Promise<void> {
    await this.#answer(() => {});
    const log = this.#log.partitions[partition];
    const first = "offset" in from ? from.offset : (log?.records.find(({ time }) => time >= from.since)?.offset ?? log?.next ?? 0);
    void this.#pump(partition, first, hear);
  }

  async append(partition: number, text: string): Promise<void> {
    const before = this.#sending;
    const sent = (async () => {
      await before.catch(() => {});
      await this.#answer(() => this.#log.put(partition, text));
    })();
    this.#sending = sent.catch(() => {});
    await sent;
  }

  signal(text: string): void {
    const before = this.#sending;
    this.#sending = (async () => {
      await before.catch(() => {});
      await this.#log.turns();
      if (!this.#isOver && !this.#log.isHung) this.#log.spread(text);
    })();
  }

  tell(text: string): void {
    const before = this.#told;
    this.#told = (async () => {
      await before;
      await this.#log.turns();
      if (!this.#isOver) this.#events.signal(text);
    })();
  }

  async ping(): Promise<void> {
    await this.#sending.catch(() => {});
    await this.#answer(() => {});
    await this.#told;
  }

  cut(): void {
    if (this.#isOver) return;
    this.destroy();
    this.#events.lost(new Error("cut"));
  }

  destroy(): void {
    this.#isOver = true;
    this.#log.ended(this);
    for (const reject of this.#rejects) reject(new Error("the session is over"));
    this.#rejects.clear();
  }

  /** What is done may be done although the answer never comes. */
  async #answer<T>(act: () => T): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      if (this.#isOver) return reject(new Error("the session is over"));
      this.#rejects.add(reject);
      void (async () => {
        do await this.#log.turns();
        while (this.#log.isHung && !this.#isOver);
        if (this.#isOver) return;
        const result = act();
        await this.#log.turns();
        this.#rejects.delete(reject);
        resolve(result);
      })();
    });
  }

  async #pump(partition: number, first: number, hear: (records: readonly LogRecord[]) => void): Promise<void> {
    for (let next = first; !this.#isOver; ) {
      await this.#log.turns();
      if (this.#isOver || this.#log.isHung) continue;
      const records = (this.#log.partitions[partition]?.records ?? []).filter(({ offset }) => offset >= next).slice(0, 7);
      if (records.length === 0) continue;
      next = (records.at(-1)?.offset ?? next) + 1;
      hear(records);
    }
  }
}
