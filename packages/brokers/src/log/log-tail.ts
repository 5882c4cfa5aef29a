import type { BrokerOutcome } from "@openline/hub";
import type { Applied } from "./log-partition.ts";
import { LogPartition } from "./log-partition.ts";
import type { LogRecord, LogSession } from "./log-session.ts";
import { type LoggedPublish, writeEntry } from "./log-text.ts";

export interface LogTailOptions {
  readonly partition: number;
  /** Names this node's records. */
  readonly node: string;
  readonly epoch: () => string;
  readonly now: () => number;
  /** How much is read back at the start; `Infinity` for all. */
  readonly readBackMs: number;
  /** What was read behind the read-back. */
  readonly applied: (applied: Applied) => void;
  /** The rooms that must be known after everything was read anew. */
  readonly pinned: () => Iterable<string>;
  /** What was known of the partition is not so any more: everybody who follows a room of it reads again. */
  readonly lost: () => void;
}

/** So often somebody says which epoch holds. */
const knownEveryMs = 60_000;

/** A node's place in one partition: reads it back, follows it through every loss of the connection, and notices when it is not the log that was. */
export class LogTail {
  readonly #options: LogTailOptions;
  #state: LogPartition | undefined;
  #session: LogSession | undefined;
  #isCurrent = false;
  /** What is read is known to nobody yet, and told to nobody. */
  #isReplaying = false;
  readonly #waiting = new Map<string, { readonly resolve: () => void; readonly reject: (error: unknown) => void }>();
  readonly #pending = new Map<string, (outcome: BrokerOutcome) => void>();
  #running: Promise<void> = Promise.resolve();
  #nextSync: Promise<void> | undefined;
  #currentWaiters: (() => void)[] = [];
  #count = 0;
  #knownAt = Number.NEGATIVE_INFINITY;

  constructor(options: LogTailOptions) {
    this.#options = options;
  }

  /** What is read; meaningful while {@link LogTail.isCurrent}. */
  get state(): LogPartition {
    return (this.#state ??= new LogPartition({ isWhole: true }));
  }

  /** Everything that was in the log when the connection came has been read. */
  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  /** Resolves when it is current. */
  async current(): Promise<void> {
    if (!this.#isCurrent) await new Promise<void>((resolve) => this.#currentWaiters.push(resolve));
  }

  /** The connection is gone. What waits for its record may still find it later. */
  down(): void {
    this.#session = undefined;
    this.#isCurrent = false;
    for (const { reject } of this.#waiting.values()) reject(new Error("the connection to the log is down"));
    this.#waiting.clear();
  }

  /** Reads on over a new connection, up to where the log is now. */
  async resume(session: LogSession): Promise<void> {
    this.#session = session;
    const found = await this.#attach(session);
    await this.sync();
    if (found === "another") await this.#endEpoch(session);
    await this.#propose(session);
    if (this.#session !== session) return;
    this.state.caughtUp();
    this.#isReplaying = false;
    this.#isCurrent = true;
    for (const wake of this.#currentWaiters.splice(0)) wake();
    if (found !== "continued") this.#options.lost();
    this.remind();
  }

  /**
   * Appends a publish and resolves with what the log made of it. Nobody answers for a connection that breaks: the caller has a deadline. Refused until
   * it is current: in a log that fell back it would be decided under the epoch that is about to end.
   */
  async publish(publish: LoggedPublish): Promise<BrokerOutcome> {
    const session = this.#current();
    if (!this.#isCurrent) throw new Error("it is not known yet whether the log is the one that was");
    return await new Promise<BrokerOutcome>((resolve) => {
      this.#pending.set(publish.id, resolve);
      session.append(this.#options.partition, writeEntry(publish)).catch(() => {
        if (this.#pending.delete(publish.id)) resolve({ outcome: "unknown" });
      });
    });
  }

  /** Its caller waits no longer. */
  giveUp(id: string): void {
    this.#pending.delete(id);
  }

  /** Resolves when everything that is in the log now has been read. Rejects when the connection breaks before it is appended. */
  async sync(): Promise<void> {
    const session = this.#current();
    const id = `${this.#options.node}.${++this.#count}`;
    const seen = new Promise<void>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    await Promise.all([session.append(this.#options.partition, writeEntry({ type: "sync", id })), seen]);
  }

  /** Like {@link LogTail.sync}, for many that ask at once: whoever asks while a record is under way shares the next one. */
  async upToDate(): Promise<void> {
    this.#nextSync ??= this.#syncAfter(this.#running);
    await this.#nextSync;
  }

  async #syncAfter(running: Promise<void>): Promise<void> {
    await running;
    this.#nextSync = undefined;
    const sync = this.sync();
    this.#running = sync.catch(() => {});
    await sync;
  }

  async rotate(from: string): Promise<void> {
    if (this.state.epoch !== from) return;
    await this.#current().append(this.#options.partition, writeEntry({ type: "rotate", from, to: this.#options.epoch() }));
    await this.sync();
  }

  /** Says which epoch holds, if nobody has said so for a minute. */
  remind(): void {
    const { now, partition } = this.#options;
    const { epoch } = this.state;
    if (!this.#isCurrent || epoch === undefined || now() - this.#knownAt < knownEveryMs) return;
    this.#knownAt = now();
    this.#session?.append(partition, writeEntry({ type: "known", epoch })).catch(() => {});
  }

  #current(): LogSession {
    if (this.#session === undefined) throw new Error("the connection to the log is down");
    return this.#session;
  }

  /** Begins to hear the log where this node stopped, or anew: because parts of it are gone, or because it is not the one that was read. */
  async #attach(session: LogSession): Promise<"continued" | "anew" | "another"> {
    const { partition } = this.#options;
    const { first, next } = await session.bounds(partition);
    const last = this.#state?.last;
    if (last !== undefined && first <= last.offset && last.offset < next && (await this.#follow(session, last))) return "continued";
    await this.#readBack(session, first);
    return last === undefined || first > last.offset ? "anew" : "another";
  }

  async #readBack(session: LogSession, first: number): Promise<void> {
    const { partition, readBackMs, now } = this.#options;
    const from = readBackMs === Number.POSITIVE_INFINITY ? { offset: first } : { since: now() - readBackMs };
    this.#state = undefined;
    this.#isReplaying = true;
    await session.tail(partition, from, (records) => {
      if (this.#session !== session) return;
      for (const record of records) {
        this.#state ??= this.#begin(record.offset);
        this.#hear(session, record);
      }
    });
  }

  #begin(first: number): LogPartition {
    const state = new LogPartition({ isWhole: first === 0, first });
    for (const room of this.#options.pinned()) state.pin(room);
    return state;
  }

  /** Follows from a record that was read. Resolves with whether the log has the very same one there, as soon as that is known. */
  async #follow(session: LogSession, last: LogRecord): Promise<boolean> {
    const { partition } = this.#options;
    return await new Promise<boolean>((resolve, reject) => {
      let isSame: boolean | undefined;
      const hear = (records: readonly LogRecord[]): void => {
        for (const record of records) {
          if (isSame === undefined) {
            isSame = record.offset === last.offset && record.text === last.text;
            resolve(isSame);
            if (isSame) continue;
          }
          if (isSame) this.#hear(session, record);
        }
      };
      session.tail(partition, { offset: last.offset }, hear).catch(reject);
    });
  }

  #hear(session: LogSession, record: LogRecord): void {
    if (this.#session !== session) return;
    const applied = this.state.apply(record);
    if (record.text.startsWith("k")) this.#knownAt = this.#options.now();
    // A node that sees no epoch, though there is one: it is told at once.
    if (record.text.startsWith("c") && record.text.slice(1) !== this.state.epoch) this.#knownAt = Number.NEGATIVE_INFINITY;
    if (this.#knownAt === Number.NEGATIVE_INFINITY) this.remind();
    if (applied === undefined) return;
    if (applied.type === "synced") {
      this.#waiting.get(applied.id)?.resolve();
      this.#waiting.delete(applied.id);
      return;
    }
    if (applied.type === "decided") {
      this.#pending.get(applied.id)?.(applied.outcome);
      this.#pending.delete(applied.id);
    }
    if (!this.#isReplaying) this.#options.applied(applied);
  }

  /** In a log without an epoch the first proposal makes one. */
  async #propose(session: LogSession): Promise<void> {
    while (this.#session === session && this.state.epoch === undefined) {
      await session.append(this.#options.partition, writeEntry({ type: "candidate", epoch: this.#options.epoch() }));
      await this.sync();
    }
  }

  /** The log has fallen back: what it says from here on is another history under the same name, until somebody says so. */
  async #endEpoch(session: LogSession): Promise<void> {
    const { epoch } = this.state;
    if (epoch === undefined) return;
    await session.append(this.#options.partition, writeEntry({ type: "rotate", from: epoch, to: this.#options.epoch() }));
    await this.sync();
  }
}
