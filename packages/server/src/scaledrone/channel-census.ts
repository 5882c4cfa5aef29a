import { randomUUID } from "node:crypto";
import type { Broker, Subscriber, Subscription } from "@openline/hub";
import type { Member } from "@openline/wire";

/** What a {@link ChannelCensus} counts in. */
export interface CensusOptions {
  /** Names the channel among all nodes. */
  readonly channel: string;
  /** What carries rooms between nodes; undefined where this one is alone. */
  readonly broker: Pick<Broker, "subscribe"> | undefined;
}

interface Occupied {
  members: number;
  readonly entry: Member;
}

/**
 * How many clients a channel has, and in which of its rooms somebody is, on all nodes. A node knows by itself only of its own; so each tells the others by presence in a system room of
 * the channel: one entry for each client, one for each room with a member here.
 */
export class ChannelCensus implements Subscriber {
  readonly #options: CensusOptions;
  readonly #clients = new Map<string, Member>();
  readonly #rooms = new Map<string, Occupied>();
  readonly #elsewhere = new Map<string, Member>();
  #opening: Promise<void> | undefined;
  #subscription: Subscription | undefined;

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /** A client is here. */
  enter(session: string): void {
    const entry = entryOf(`client ${session}`);
    this.#clients.set(session, entry);
    this.#tell(entry);
  }

  /** It is gone. */
  leave(session: string): void {
    const entry = this.#clients.get(session);
    this.#clients.delete(session);
    if (entry !== undefined) this.#subscription?.exit(entry.session);
  }

  /** Somebody here joined a room of the channel. */
  joined(room: string): void {
    const known = this.#rooms.get(room);
    if (known !== undefined) return void known.members++;
    const entry = entryOf(`room ${randomUUID()}`, { room });
    this.#rooms.set(room, { members: 1, entry });
    this.#tell(entry);
  }

  /** Somebody here left it. */
  left(room: string): void {
    const known = this.#rooms.get(room);
    if (known === undefined || --known.members > 0) return;
    this.#rooms.delete(room);
    this.#subscription?.exit(known.entry.session);
  }

  /** How many clients there are. @throws what the broker threw */
  async clients(): Promise<number> {
    await this.#open();
    const others = [...this.#elsewhere.values()].filter((entry) => roomIn(entry) === undefined);
    return this.#clients.size + others.length;
  }

  /** The rooms with somebody in them, each once. @throws what the broker threw */
  async rooms(): Promise<string[]> {
    await this.#open();
    const others = Array.from(this.#elsewhere.values(), roomIn).filter((room) => room !== undefined);
    return [...new Set([...this.#rooms.keys(), ...others])].toSorted();
  }

  /** Tells and hears nothing more. */
  close(): void {
    this.#subscription?.close();
    this.#subscription = undefined;
  }

  entered(entry: Member): void {
    this.#elsewhere.set(entry.session, entry);
  }

  exited(session: string): void {
    this.#elsewhere.delete(session);
  }

  message(): void {}
  signal(): void {}
  insufficient(): void {}

  #tell(entry: Member): void {
    if (this.#subscription !== undefined) return this.#subscription.enter(entry);
    // What fails is tried again with the next entry; who asks hears of it.
    this.#open().catch(() => undefined);
  }

  async #open(): Promise<void> {
    this.#opening ??= this.#listen();
    await this.#opening;
  }

  async #listen(): Promise<void> {
    const { broker, channel } = this.#options;
    try {
      const subscription = await broker?.subscribe(`$scaledrone:${channel}`, this);
      this.#subscription = subscription;
      for (const entry of subscription?.members ?? []) this.#elsewhere.set(entry.session, entry);
      for (const entry of this.#clients.values()) subscription?.enter(entry);
      for (const { entry } of this.#rooms.values()) subscription?.enter(entry);
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}

function entryOf(session: string, data?: { readonly room: string }): Member {
  return { session, since: Date.now(), ...(data !== undefined && { data }) };
}

/** The room that an entry of another node is about, `undefined` for a client's. */
function roomIn({ data }: Member): string | undefined {
  if (typeof data !== "object" || data === null || !("room" in data)) return undefined;
  return typeof data["room"] === "string" ? data["room"] : undefined;
}
