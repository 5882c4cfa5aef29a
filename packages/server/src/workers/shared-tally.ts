import type { Tally } from "@openline/hub";

/** Counts of keys: what changed of them, or all of them. A key with 0 is no longer there. */
export type Counts = Readonly<Record<string, number>>;

/** So long changes are gathered before the others are told: a count of theirs is older by twice this at most, and the way. */
export const gatherMs = 20;

/** What a worker counts, and what it was told that its siblings count. */
export class SharedTally implements Tally {
  readonly #tell: (changes: Counts) => void;
  readonly #own = new Map<string, number>();
  readonly #elsewhere = new Map<string, number>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** `tell`: takes to the primary how many there are here of each key that changed. */
  constructor(tell: (changes: Counts) => void) {
    this.#tell = tell;
  }

  count(key: string): number {
    return (this.#own.get(key) ?? 0) + this.elsewhere(key);
  }

  /** What the siblings have of it. */
  elsewhere(key: string): number {
    return this.#elsewhere.get(key) ?? 0;
  }

  add(key: string): void {
    this.#set(key, (this.#own.get(key) ?? 0) + 1);
  }

  remove(key: string): void {
    this.#set(key, (this.#own.get(key) ?? 0) - 1);
  }

  /** What the primary says that the siblings have. */
  hear(changes: Counts): void {
    put(this.#elsewhere, changes);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #set(key: string, count: number): void {
    put(this.#own, { [key]: count });
    this.#changed.add(key);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const changes = Object.fromEntries(Array.from(this.#changed, (changed) => [changed, this.#own.get(changed) ?? 0]));
      this.#changed.clear();
      this.#tell(changes);
    }, gatherMs).unref();
  }
}

/** The primary's side: what each worker counts, and telling each what the others do. */
export class TallyBoard {
  readonly #tell: (worker: number, changes: Counts) => void;
  readonly #counts = new Map<number, Map<string, number>>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (worker: number, changes: Counts) => void) {
    this.#tell = tell;
  }

  /** A worker begins; it is told what the others have. */
  join(worker: number): void {
    this.#counts.set(worker, new Map());
    const keys = new Set(Array.from(this.#counts.values(), (counts) => [...counts.keys()]).flat());
    if (keys.size > 0) this.#tell(worker, this.#others(worker, keys));
  }

  /** A worker says what changed with it. */
  hear(worker: number, changes: Counts): void {
    const counts = this.#counts.get(worker);
    if (counts === undefined) return;
    put(counts, changes);
    this.#change(Object.keys(changes));
  }

  /** A worker is gone, and what it counted with it. */
  leave(worker: number): void {
    const counts = this.#counts.get(worker);
    this.#counts.delete(worker);
    if (counts !== undefined) this.#change(counts.keys());
  }

  /** How many there are of a key in all workers. */
  count(key: string): number {
    return Array.from(this.#counts.values(), (counts) => counts.get(key) ?? 0).reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #change(keys: Iterable<string>): void {
    for (const key of keys) this.#changed.add(key);
    if (this.#changed.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const changed = [...this.#changed];
      this.#changed.clear();
      for (const worker of this.#counts.keys()) this.#tell(worker, this.#others(worker, changed));
    }, gatherMs).unref();
  }

  #others(worker: number, keys: Iterable<string>): Counts {
    const own = this.#counts.get(worker);
    return Object.fromEntries(Array.from(keys, (key) => [key, this.count(key) - (own?.get(key) ?? 0)]));
  }
}

function put(counts: Map<string, number>, changes: Counts): void {
  for (const [key, count] of Object.entries(changes)) {
    if (count > 0) counts.set(key, count);
    else counts.delete(key);
  }
}
