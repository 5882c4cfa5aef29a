import {
  type Broker,
  type BrokerOutcome,
  type BrokerRoom,
  type Page,
  type Publication,
  type ReadFrom,
  type Signal,
  type StoredMessage,
  type Subscriber,
  type Subscription,
  samePosition,
} from "@openline/hub";
import { Chain } from "./chain.ts";
import { Seal, sealBytes } from "./seal.ts";

type Member = Subscription["members"][number];

/** What came over a broker without the proof that a node of one's own wrote it. */
export interface Refused {
  readonly room: string;
  readonly what: "message" | "signal" | "member";
}

/** How a {@link SignedBroker} signs. */
export interface SignedBrokerOptions {
  /** The secret that all nodes share, 32 bytes or more each. The first signs, each is accepted: so keys are changed without a pause. */
  readonly keys: readonly (string | Uint8Array)[];
  /** The time, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Signals older than this, or so far in the future, are refused: nobody can play them again later. Default 300,000 ms, so that clocks may differ by minutes. */
  readonly signalAgeMs?: number;
  /** Hears of everything that was refused. */
  readonly refused?: (refused: Refused) => void;
}

/**
 * A broker over another one, on which everything that a node says is signed: messages, signals, members. What somebody else put there is refused and counted, and rooms go on
 * as if it had never come. The signature binds a text to its room and time; that nothing was removed, that a member left, or that a message of a room was not stored in
 * it a second time, it does not prove. All nodes of a broker must sign, with a common key.
 */
export class SignedBroker implements Broker {
  readonly #inner: Broker;
  readonly #seal: Seal;
  readonly #now: () => number;
  readonly #signalAgeMs: number;
  readonly #tell: (refused: Refused) => void;
  #refused = 0;

  /** @throws RangeError when there is no key, or one of fewer than 32 bytes. */
  constructor(inner: Broker, { keys, now = Date.now, signalAgeMs = 300_000, refused = () => undefined }: SignedBrokerOptions) {
    this.#inner = inner;
    this.#seal = new Seal(keys);
    this.#now = now;
    this.#signalAgeMs = signalAgeMs;
    this.#tell = refused;
  }

  /** How much was refused so far; a message that is read again counts again. */
  get refused(): number {
    return this.#refused;
  }

  publish(room: string, publication: Publication): Promise<BrokerOutcome> {
    const { content, bytes, time, retention } = publication;
    return this.#inner.publish(room, {
      ...publication,
      content: this.#seal.close(["message", room, time], content),
      bytes: bytes + sealBytes,
      // The engine must keep as many messages as without a signature.
      retention: { ...retention, bytes: retention.bytes + sealBytes * retention.messages },
    });
  }

  signal(room: string, signal: Signal): void {
    this.#inner.signal(room, { ...signal, content: this.#seal.close(signalPlace(room, signal), signal.content) });
  }

  async read(room: string, from: ReadFrom): Promise<Page> {
    // Where a room stands can only be told with the message that stands there.
    const isTopOnly = "newest" in from && from.newest === 0;
    const page = this.#opened(room, await this.#inner.read(room, isTopOnly ? { ...from, newest: 1 } : from));
    return isTopOnly ? { ...page, messages: [] } : page;
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    const subscription = await this.#inner.subscribe(room, this.#ear(room, subscriber));
    try {
      const page = await this.#inner.read(room, { newest: 1 });
      const top = samePosition(page.top, subscription.top) ? this.#opened(room, page).top : subscription.top;
      return this.#held(room, subscription, top);
    } catch (error) {
      subscription.close();
      throw error;
    }
  }

  rotate(room: string, epoch: string): Promise<void> {
    return this.#inner.rotate(room, epoch);
  }

  rooms(): Promise<readonly BrokerRoom[]> {
    return this.#inner.rooms();
  }

  close(): void {
    this.#inner.close();
  }

  #held(room: string, inner: Subscription, top: Subscription["top"]): Subscription {
    return {
      top,
      members: inner.members.flatMap((member) => this.#member(room, member) ?? []),
      enter: (member) => {
        inner.enter({ ...member, data: this.#seal.close(memberPlace(room, member), dataText(member)) });
      },
      exit: (session) => {
        inner.exit(session);
      },
      close: () => {
        inner.close();
      },
    };
  }

  #ear(room: string, subscriber: Subscriber): Subscriber {
    const chain = new Chain();
    return {
      message: (message) => {
        const opened = this.#message(room, message);
        if (opened === undefined) chain.refuse(message);
        else subscriber.message(chain.link(opened));
      },
      signal: (signal) => {
        const opened = this.#signal(room, signal);
        if (opened !== undefined) subscriber.signal(opened);
      },
      entered: (member) => {
        const opened = this.#member(room, member);
        if (opened !== undefined) subscriber.entered(opened);
      },
      exited: (session) => {
        subscriber.exited(session);
      },
      insufficient: () => {
        subscriber.insufficient();
      },
    };
  }

  #opened(room: string, { messages, floor, top }: Page): Page {
    const chain = new Chain();
    const genuine = messages.flatMap((message) => {
      const opened = this.#message(room, message);
      if (opened !== undefined) return [chain.link(opened)];
      chain.refuse(message);
      return [];
    });
    return { messages: genuine, floor, top: chain.top(top) };
  }

  #message(room: string, message: StoredMessage): StoredMessage | undefined {
    const content = this.#seal.open(["message", room, message.time], message.content);
    if (content !== undefined) return { ...message, content, bytes: message.bytes - sealBytes };
    return this.#refuse(room, "message");
  }

  #signal(room: string, signal: Signal): Signal | undefined {
    const content = this.#seal.open(signalPlace(room, signal), signal.content);
    const isFresh = Math.abs(this.#now() - signal.time) <= this.#signalAgeMs;
    return content !== undefined && isFresh ? { ...signal, content } : this.#refuse(room, "signal");
  }

  #member(room: string, { data: sealed, ...member }: Member): Member | undefined {
    const text = typeof sealed === "string" ? this.#seal.open(memberPlace(room, member), sealed) : undefined;
    if (text === undefined) return this.#refuse(room, "member");
    return text === "" ? member : { ...member, data: JSON.parse(text) as unknown };
  }

  #refuse(room: string, what: Refused["what"]): undefined {
    this.#refused++;
    this.#tell({ room, what });
    return undefined;
  }
}

function signalPlace(room: string, { time, session }: Signal): readonly (string | number | undefined)[] {
  return ["signal", room, time, session];
}

function memberPlace(room: string, { session, user, since, away }: Member): readonly (string | number | undefined)[] {
  return ["member", room, session, user, since, away];
}

/** Empty without data: no JSON value is. */
function dataText({ data }: Member): string {
  return data === undefined ? "" : JSON.stringify(data);
}
