import type { Broker, BrokerOutcome, BrokerRoom, Page, Publication, ReadFrom, Signal, Subscriber, Subscription } from "../../src/broker.ts";
import type { Clock } from "../../src/clock.ts";
import { encodePosition } from "../../src/position.ts";

/** What is stored, as the store itself knows it: the truth that clients are held against. */
export interface Entry {
  readonly position: string;
  readonly time: number;
  readonly bytes: number;
  readonly fields: { readonly data: unknown; readonly id?: string; readonly session?: string };
}

/** A store that answers late, tells late, twice or not at all, and sometimes does not say how a publish ended. Within the contract all the same. */
export class FaultyBroker implements Broker {
  /** By room and epoch; the entry of offset n stands at n - 1. */
  readonly log = new Map<string, Map<string, Entry[]>>();
  isFaulty: boolean;
  readonly #inner: Broker;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #publishing = new Map<string, Promise<unknown>>();

  constructor(inner: Broker, clock: Clock, random: () => number, isFaulty: boolean) {
    this.#inner = inner;
    this.#clock = clock;
    this.#random = random;
    this.isFaulty = isFaulty;
  }

  async publish(room: string, publication: Publication): Promise<BrokerOutcome> {
    const before = this.#publishing.get(room);
    const mine = this.#publishAfter(before, room, publication);
    this.#publishing.set(room, mine);
    return await mine;
  }

  signal(room: string, signal: Signal): void {
    this.#inner.signal(room, signal);
  }

  async read(room: string, from: ReadFrom): Promise<Page> {
    await this.#wait(0.3, 40);
    const page = await this.#inner.read(room, from);
    await this.#wait(0.3, 40);
    return page;
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    await this.#wait(0.2, 40);
    let isClosed = false;
    const late: (() => void)[] = [];
    const tellNext = (): void => {
      if (!isClosed) late[0]?.();
      late.shift();
      if (late.length > 0) this.#clock.setTimeout(tellNext, Math.floor(this.#random() * 20));
    };
    const subscription = await this.#inner.subscribe(room, {
      ...bound(subscriber),
      message: (message) => {
        if (this.#happens(0.03)) return;
        const tell = (): void => {
          subscriber.message(message);
          if (this.#happens(0.05)) subscriber.message(message);
        };
        if (late.length === 0 && !this.#happens(0.2)) tell();
        else if (late.push(tell) === 1) this.#clock.setTimeout(tellNext, Math.floor(this.#random() * 50));
      },
    });
    const close = (): void => {
      isClosed = true;
      subscription.close();
    };
    const enter = subscription.enter.bind(subscription);
    return { top: subscription.top, members: subscription.members, enter, exit: (session) => subscription.exit(session), close };
  }

  async rotate(room: string, epoch: string): Promise<void> {
    await this.#inner.rotate(room, epoch);
    const { top } = await this.#inner.read(room, { newest: 0 });
    const epochs = this.log.get(room);
    if (epochs !== undefined && !epochs.has(top.epoch)) epochs.set(top.epoch, []);
  }

  async rooms(): Promise<readonly BrokerRoom[]> {
    return await this.#inner.rooms();
  }

  close(): void {
    this.#inner.close();
  }

  async #publishAfter(before: Promise<unknown> | undefined, room: string, publication: Publication): Promise<BrokerOutcome> {
    await before;
    await this.#wait(0.2, 20);
    const isLost = this.#happens(0.02);
    if (isLost) return { outcome: "unknown" };
    // Told to subscribers before the promise is answered, so the log must know it before: a listener of its own does.
    const outcome = await this.#inner.publish(room, publication);
    if (outcome.outcome === "stored") this.#keep(room, publication, encodePosition(outcome.position), outcome.position.epoch);
    return this.#happens(0.02) ? { outcome: "unknown" } : outcome;
  }

  #keep(room: string, publication: Publication, position: string, epoch: string): void {
    const epochs = this.log.get(room) ?? new Map<string, Entry[]>();
    this.log.set(room, epochs);
    const entries = epochs.get(epoch) ?? [];
    epochs.set(epoch, entries);
    const fields = JSON.parse(`{${publication.content}}`) as Entry["fields"];
    entries.push({ position, time: publication.time, bytes: publication.bytes, fields });
  }

  #happens(chance: number): boolean {
    return this.isFaulty && this.#random() < chance;
  }

  async #wait(chance: number, mostMs: number): Promise<void> {
    if (!this.#happens(chance)) return;
    await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, Math.floor(this.#random() * mostMs)));
  }
}

function bound(subscriber: Subscriber): Subscriber {
  return {
    message: (message) => subscriber.message(message),
    signal: (signal) => subscriber.signal(signal),
    entered: (member) => subscriber.entered(member),
    exited: (session) => subscriber.exited(session),
    insufficient: () => subscriber.insufficient(),
  };
}
