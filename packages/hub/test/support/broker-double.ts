import type { Broker, BrokerOutcome, BrokerRoom, Page, Publication, ReadFrom, Signal, Subscriber, Subscription } from "../../src/broker.ts";
import { epochStart, type Position } from "../../src/position.ts";
import { stored } from "./messages.ts";

/** Where a fake clock starts, so that nothing has expired. */
const storedAt = 1_790_000_000_000;

/** A store in a test's hands: what it keeps, what it tells, and when it answers is the test's decision. */
export class BrokerDouble implements Broker {
  kept: ReturnType<typeof stored>[] = [];
  top: Position = epochStart("e");
  readonly subscribers: Subscriber[] = [];
  readonly #roomOf = new Map<Subscriber, string>();
  readonly rotations: string[] = [];
  readonly publications: Publication[] = [];
  readonly reads: ReadFrom[] = [];
  /** What `publish` answers, one after another; then stored. */
  readonly outcomes: (() => Promise<BrokerOutcome>)[] = [];
  /** Called before a read is answered. */
  onRead: () => Promise<void> | void = () => {};
  /** Called with the page in hand, before it is given. */
  afterRead: () => Promise<void> | void = () => {};
  onSubscribe: () => Promise<void> | void = () => {};

  /** Keeps the messages from 1 to `last` of epoch e, the tags being `t` and the offset, or with `mark` from `from` on. */
  fill(last: number, from = last + 1, mark = ""): void {
    const tag = (offset: number): string => `${offset >= from ? mark : ""}t${offset}`;
    this.kept = Array.from({ length: last }, (_, index) => {
      const offset = index + 1;
      const previous = offset === 1 ? null : { epoch: "e", offset: offset - 1, tag: tag(offset - 1) };
      return stored(offset, { position: { epoch: "e", offset, tag: tag(offset) }, previous, time: storedAt });
    });
    this.top = this.kept.at(-1)?.position ?? epochStart("e");
  }

  /** Tells the subscribers of a kept message. */
  tell(offset: number): void {
    const message = this.kept.find((kept) => kept.position.offset === offset);
    if (message === undefined) throw new Error(`no message ${offset} is kept`);
    for (const subscriber of this.subscribers) subscriber.message(message);
  }

  async publish(_room: string, publication: Publication): Promise<BrokerOutcome> {
    this.publications.push(publication);
    const answer = this.outcomes.shift();
    if (answer !== undefined) return await answer();
    return { outcome: "stored", position: { epoch: "e", offset: this.publications.length, tag: "t" } };
  }

  signal(room: string, signal: Signal): void {
    for (const subscriber of this.subscribers) if (this.#roomOf.get(subscriber) === room) subscriber.signal(signal);
  }

  async read(_room: string, from: ReadFrom): Promise<Page> {
    this.reads.push(from);
    await this.onRead();
    const read = this.#page(from);
    await this.afterRead();
    return read;
  }

  #page(from: ReadFrom): Page {
    const floor = this.kept[0]?.position.offset ?? this.top.offset;
    if ("newest" in from) {
      const below = this.kept.filter((message) => message.position.offset < (from.before ?? Number.POSITIVE_INFINITY));
      return { messages: below.slice(Math.max(0, below.length - from.newest)), floor, top: this.top };
    }
    return { messages: this.kept.filter((message) => message.position.offset >= from.offset), floor, top: this.top };
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    // What nodes say to each other about connections is no matter of the rooms that are tested with this.
    if (room === "$control") return { top: this.top, members: [], enter: () => {}, exit: () => {}, close: () => {} };
    await this.onSubscribe();
    this.subscribers.push(subscriber);
    this.#roomOf.set(subscriber, room);
    const close = (): void => void this.subscribers.splice(this.subscribers.indexOf(subscriber), 1);
    return { top: this.top, members: [], enter: () => {}, exit: () => {}, close };
  }

  async rotate(_room: string, epoch: string): Promise<void> {
    this.rotations.push(epoch);
    if (this.top.epoch !== epoch) return;
    this.kept = [];
    this.top = epochStart(`${epoch}+`);
    for (const subscriber of this.subscribers) subscriber.insufficient();
  }

  async rooms(): Promise<readonly BrokerRoom[]> {
    return [{ room: "a", top: this.top, messages: this.kept.length }];
  }

  close(): void {}
}
