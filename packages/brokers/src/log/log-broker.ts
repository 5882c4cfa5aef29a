import {
  type Broker,
  type BrokerOutcome,
  type BrokerRoom,
  type Clock,
  type IdSource,
  LocalRoom,
  LocalSubscription,
  type Page,
  type Publication,
  type ReadFrom,
  type Signal,
  type Subscriber,
  type Subscription,
  Timer,
} from "@openline/hub";
import { BrokerError } from "../broker-error.ts";
import { type EngineEvent, EngineLink } from "../engine-link.ts";
import { Presence, type Seat } from "../gossip/presence.ts";
import type { Applied } from "./log-partition.ts";
import type { LogSession, OpenLog } from "./log-session.ts";
import { LogTail } from "./log-tail.ts";
import { readPassing, writePassing } from "./log-text.ts";

/** How a {@link LogBroker} is made. */
export interface LogBrokerOptions {
  readonly open: OpenLog;
  /** The engine and where it is, for messages. */
  readonly shown: string;
  /** How many partitions there are besides the system's. */
  readonly partitions: number;
  readonly clock: Clock;
  readonly ids: Pick<IdSource, "epoch" | "tag">;
  /** How much of the log is read back before this node serves, in milliseconds: no message is kept for longer than that. */
  readonly readBackMs: number;
  readonly heartbeatMs: number;
  readonly watchdogMs: number;
  readonly patienceMs: number;
  readonly log: (event: EngineEvent) => void;
}

/** A room's listeners, and the members that they bring. */
interface Followed {
  readonly local: LocalRoom;
}

const sweepMs = 10_000;
/** Reading back may take so long at the start. */
const readBackMostMs = 120_000;

/**
 * Rooms in an engine that is a log: every node reads all of it and comes to the same rooms. A publish is appended, and decided by where it lies:
 * the position of its record is that of the message, an id that was used before makes it a repetition. Members go by gossip.
 */
export class LogBroker implements Broker {
  readonly #options: LogBrokerOptions;
  readonly #node: string;
  readonly #link: EngineLink<LogSession>;
  readonly #tails: readonly LogTail[];
  readonly #presence: Presence;
  readonly #rooms = new Map<string, Followed>();
  readonly #sweep: Timer;
  #closing: Promise<void> | undefined;
  #wasUp = false;
  #count = 0;

  constructor(options: LogBrokerOptions) {
    this.#options = options;
    const { clock, ids, shown, watchdogMs, patienceMs, heartbeatMs, readBackMs } = options;
    this.#node = ids.epoch();
    this.#link = new EngineLink({
      open: async (lost, signal) => await options.open({ lost, signal: (text) => this.#hearPassing(text) }, signal),
      clock,
      shown,
      watchdogMs,
      patienceMs,
      up: (session) => void this.#onUp(session),
      down: (error) => this.#onDown(error),
    });
    const send = (text: string): void => this.#link.session?.signal(writePassing({ type: "gossip", text }));
    this.#presence = new Presence({ node: this.#node, clock, heartbeatMs, send });
    this.#tails = Array.from({ length: options.partitions + 1 }, (_, partition) => {
      return new LogTail({
        partition,
        node: this.#node,
        epoch: ids.epoch,
        now: () => clock.now(),
        // What the system keeps may be older than any room's messages.
        readBackMs: partition === 0 ? Number.POSITIVE_INFINITY : readBackMs,
        applied: (applied) => this.#onApplied(partition, applied),
        pinned: () => [...this.#rooms.keys()].filter((room) => this.#partitionOf(room) === partition),
        lost: () => this.#tellInsufficient(partition),
      });
    });
    this.#sweep = new Timer(clock, () => this.#sweepAll());
  }

  /** Connects and reads the log back. @throws BrokerError `unreachable` */
  async start(): Promise<void> {
    await this.#link.start();
    try {
      await this.#within(this.#allCurrent(), Math.max(readBackMostMs, this.#options.patienceMs));
    } catch (error) {
      this.close();
      throw error;
    }
    this.#sweep.set(sweepMs);
  }

  /** Whether the engine can be reached now, and everything in it has been read. */
  get isUp(): boolean {
    return this.#link.isUp && this.#tails.every(({ isCurrent }) => isCurrent);
  }

  /** How many other nodes are there whose members this one knows. */
  get peers(): number {
    return this.#presence.peers;
  }

  async publish(room: string, publication: Publication): Promise<BrokerOutcome> {
    const tail = this.#tailOf(room);
    const { clock, ids, patienceMs } = this.#options;
    const { content, time, retention, idempotency } = publication;
    const id = `${this.#node}.${++this.#count}`;
    const deadline: { timer?: unknown } = {};
    try {
      const decided = tail.publish({ type: "publish", id, room, tag: ids.tag(), time, retention, idempotency, content });
      const late = new Promise<BrokerOutcome>((resolve) => {
        deadline.timer = clock.setTimeout(() => resolve({ outcome: "unknown" }), patienceMs);
      });
      return await Promise.race([decided, late]);
    } catch {
      return { outcome: "unknown" };
    } finally {
      clock.clearTimeout(deadline.timer);
      tail.giveUp(id);
    }
  }

  signal(room: string, signal: Signal): void {
    // Ephemeral: while the engine is away it is lost, as announced.
    this.#link.session?.signal(writePassing({ type: "signal", room, signal }));
  }

  async read(room: string, from: ReadFrom): Promise<Page> {
    const tail = await this.#ready(room);
    // Whoever asks may know of more than this node has read. The system's rooms are asked for each second, and their log is kept for a month: it
    // must not grow by being read, so there it is enough that the engine answers.
    await this.#within(isSystem(room) ? this.#answered() : tail.upToDate());
    return tail.state.read(room, from, this.#options.clock.now());
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    const tail = await this.#ready(room);
    const followed = this.#rooms.get(room) ?? { local: new LocalRoom() };
    this.#rooms.set(room, followed);
    tail.state.pin(room);
    const { top } = tail.state.read(room, { newest: 0 }, this.#options.clock.now());
    const seat = this.#presence.sit(room, subscriber);
    const ear = new LocalSubscription(followed.local, subscriber, top, () => {
      if (followed.local.subscriptions.size === 0) this.#rooms.delete(room);
    });
    return new SeatedSubscription(ear, seat);
  }

  async rotate(room: string, epoch: string): Promise<void> {
    const tail = await this.#ready(room);
    await this.#within(tail.rotate(epoch));
  }

  async rooms(): Promise<readonly BrokerRoom[]> {
    await this.#link.ready();
    await this.#within(this.#allCurrent());
    await Promise.all(this.#tails.map(async (tail) => await this.#within(tail.upToDate())));
    return this.#tails.flatMap(({ state }) => state.rooms(this.#options.clock.now()));
  }

  /** Resolves when this node has read everything that is in the log now. For a health check. */
  async ping(): Promise<void> {
    const session = await this.#link.ready();
    await Promise.all([session.ping(), ...this.#tails.map(async (tail) => await this.#within(tail.upToDate()))]);
  }

  /** Says that this node's members leave and ends the connection. What is still waiting for an answer ends as unknown. */
  close(): void {
    this.#closing ??= this.#close();
  }

  /** Resolves when the connection is closed; at once if nobody called `close`. */
  async closed(): Promise<void> {
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#sweep.clear();
    this.#presence.close();
    try {
      // The last words are on their way: they are given the time of one round trip.
      await this.#link.session?.ping();
    } catch {
      // The link is down: the others hear nothing more.
    }
    this.#link.close();
    for (const tail of this.#tails) tail.down();
  }

  async #ready(room: string): Promise<LogTail> {
    await this.#link.ready();
    const tail = this.#tailOf(room);
    if (!tail.isCurrent) await this.#within(tail.current());
    return tail;
  }

  async #resumeAll(session: LogSession): Promise<void> {
    await Promise.all(this.#tails.map(async (tail) => await tail.resume(session)));
  }

  async #allCurrent(): Promise<void> {
    await Promise.all(this.#tails.map(async (tail) => await tail.current()));
  }

  /** @throws BrokerError `unreachable` when it takes too long */
  async #within(work: Promise<void>, patienceMs: number = this.#options.patienceMs): Promise<void> {
    const { clock, shown } = this.#options;
    let timer: unknown;
    const late = new Promise<never>((_resolve, reject) => {
      timer = clock.setTimeout(() => reject(new BrokerError("unreachable", `${shown} did not answer within ${patienceMs} ms`)), patienceMs);
    });
    try {
      await Promise.race([work, late]);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  async #answered(): Promise<void> {
    await (await this.#link.ready()).ping();
  }

  #partitionOf(room: string): number {
    if (isSystem(room)) return 0;
    let hash = 0x811c9dc5;
    for (let index = 0; index < room.length; index++) hash = Math.imul(hash ^ room.charCodeAt(index), 0x01000193);
    return 1 + ((hash >>> 0) % this.#options.partitions);
  }

  #tailOf(room: string): LogTail {
    const tail = this.#tails[this.#partitionOf(room)];
    if (tail === undefined) throw new Error(`there is no partition for ${JSON.stringify(room)}`);
    return tail;
  }

  async #onUp(session: LogSession): Promise<void> {
    try {
      // However busy the engine is: a tail that never ends its reading must not go unnoticed.
      await this.#within(this.#resumeAll(session), readBackMostMs);
    } catch (error) {
      return this.#link.giveUp(session, error);
    }
    if (this.#link.session !== session) return;
    this.#presence.up();
    if (this.#wasUp) this.#options.log({ type: "up" });
    this.#wasUp = true;
  }

  #onDown(error: unknown): void {
    for (const tail of this.#tails) tail.down();
    this.#presence.down();
    this.#options.log({ type: "down", error });
  }

  #onApplied(partition: number, applied: Applied): void {
    if (applied.type === "rotated") return this.#tellInsufficient(partition);
    if (applied.type === "decided" && applied.message !== undefined) this.#rooms.get(applied.room)?.local.deliver(applied.message);
  }

  #tellInsufficient(partition: number): void {
    for (const [room, { local }] of this.#rooms) if (this.#partitionOf(room) === partition) local.tellInsufficient();
  }

  #hearPassing(text: string): void {
    const passing = readPassing(text);
    if (passing?.type === "gossip") this.#presence.hear(passing.text);
    else if (passing?.type === "signal") this.#rooms.get(passing.room)?.local.signal(passing.signal);
  }

  #sweepAll(): void {
    const now = this.#options.clock.now();
    for (const tail of this.#tails) {
      tail.state.sweep(now, (room) => this.#rooms.has(room));
      tail.remind();
    }
    this.#sweep.set(sweepMs);
  }
}

function isSystem(room: string): boolean {
  return room.startsWith("$");
}

/** An ear at the room's messages and a seat among its members. */
class SeatedSubscription implements Subscription {
  readonly #ear: LocalSubscription;
  readonly #seat: Seat;

  constructor(ear: LocalSubscription, seat: Seat) {
    this.#ear = ear;
    this.#seat = seat;
  }

  get top(): Subscription["top"] {
    return this.#ear.top;
  }

  get members(): Subscription["members"] {
    return this.#seat.members;
  }

  enter(member: Subscription["members"][number]): void {
    this.#seat.enter(member);
  }

  exit(session: string): void {
    this.#seat.exit(session);
  }

  close(): void {
    this.#seat.close();
    this.#ear.close();
  }
}
