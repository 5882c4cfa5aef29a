import { type Clock, epochStart, type Position, type Subscriber, type Subscription, samePosition } from "@openline/hub";
import type { Seat } from "../gossip/presence.ts";
import type { StoredText } from "./jetstream.ts";
import type { NatsMessage } from "./nats-session.ts";
import type { RoomStream } from "./room-stream.ts";
import { epochOfLive, messageOf, readRoomText, readSignal } from "./room-text.ts";

type Member = Subscription["members"][number];

/** What a subscription asks of its broker. */
export interface SubscriptionContext {
  readonly clock: Clock;
  readonly stream: RoomStream;
  /** The newest message that is kept. */
  readonly last: () => Promise<StoredText | undefined>;
  readonly close: () => void;
}

/** How long what was told live may stand behind an answer. */
const crossingMs = 50;

/** One node's ear at one room in NATS: links what comes live, and finds out when something did not come. */
export class NatsSubscription implements Subscription {
  top: Position = epochStart("unknown");
  readonly #context: SubscriptionContext;
  readonly #subscriber: Subscriber;
  readonly #seat: Seat;
  #early: NatsMessage[] | undefined = [];
  #known: Position = this.top;
  /** The last moment at which the room stood where this node does. */
  #verifiedAt = 0;
  #isClosed = false;

  constructor(context: SubscriptionContext, subscriber: Subscriber, seat: Seat) {
    this.#context = context;
    this.#subscriber = subscriber;
    this.#seat = seat;
  }

  get members(): readonly Member[] {
    return this.#seat.members;
  }

  /** Where the room is, as far as this node knows. */
  get known(): Position {
    return this.#known;
  }

  async start(): Promise<void> {
    const { stream, clock } = this.#context;
    let epoch: string;
    let last: StoredText | undefined;
    do {
      epoch = stream.epoch;
      last = await this.#context.last();
    } while (stream.epoch !== epoch);
    this.top = this.#positionOf(last);
    this.#known = this.top;
    this.#verifiedAt = clock.now();
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) this.hear(message);
  }

  /** The stream is in another epoch. */
  rotated(epoch: string): void {
    if (this.#early !== undefined || this.#isClosed || this.#known.epoch === epoch) return;
    this.#known = epochStart(epoch);
    this.#verifiedAt = this.#context.clock.now();
    this.#subscriber.insufficient();
  }

  /** A read of the room failed: what it was to show is still to be shown. */
  doubt(): void {
    this.#known = { ...this.#known, tag: "doubt" };
  }

  /** The link is down: NATS may come back as an older one. */
  interrupted(): void {
    this.#verifiedAt = Number.NEGATIVE_INFINITY;
  }

  hear(message: NatsMessage): void {
    if (this.#isClosed) return;
    if (this.#early !== undefined) return void this.#early.push(message);
    const epoch = epochOfLive(message.subject);
    if (epoch === undefined) return this.#subscriber.signal(readSignal(message.text));
    const { stream } = this.#context;
    // The last words of an epoch that is over, or the first of one that this node will hear of.
    if (epoch !== stream.epoch) return;
    const seq = Number(message.header("Nats-Sequence"));
    stream.saw(seq);
    if (this.#isCovered(seq)) return;
    const previous = this.#link(seq, Number(message.header("Nats-Last-Sequence")));
    const stored = messageOf({ seq, text: message.text }, stream.epoch, previous);
    if (this.#known.tag === "doubt" || this.#known.epoch !== stream.epoch || this.#known.offset < seq) {
      this.#known = stored.position;
      this.#verifiedAt = this.#context.clock.now();
    }
    this.#subscriber.message(stored);
  }

  enter(member: Member): void {
    this.#seat.enter(member);
  }

  exit(session: string): void {
    this.#seat.exit(session);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#seat.close();
    this.#context.close();
  }

  /** Asks whether the room still stands where this node does. */
  async check(): Promise<void> {
    if (this.#early !== undefined || this.#isClosed) return;
    const { clock, stream } = this.#context;
    const [asked, { epoch }] = [clock.now(), stream];
    const last = await this.#context.last();
    // That it has another was told meanwhile.
    if (stream.epoch !== epoch) return;
    if (this.#agrees(last)) {
      this.#verifiedAt = asked;
      return;
    }
    // A live message may still be on its way.
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, crossingMs));
    if (this.#isClosed || stream.epoch !== epoch || this.#agrees(last) || this.#isPast(last)) return;
    this.#known = this.#positionOf(last);
    this.#subscriber.insufficient();
  }

  /** What the subscription's top covers is republished behind the answer that told of it, and before everything newer. */
  #isCovered(seq: number): boolean {
    return this.top.epoch === this.#context.stream.epoch && seq <= this.top.offset && this.#known.offset <= this.top.offset;
  }

  /** The predecessor of a message, by the number that NATS names for it. */
  #link(seq: number, last: number): Position | null | undefined {
    const { stream, clock } = this.#context;
    const known = this.#known;
    // At or below what was heard it is another history, whatever it follows.
    if (known.epoch !== stream.epoch || known.tag === "doubt" || seq <= known.offset) return undefined;
    if (known.offset === 0) return last === 0 ? null : undefined;
    if (last === known.offset) return known;
    // All that the room had has expired: nothing can have come and gone since the last look, unless NATS was away.
    return last === 0 && clock.now() - this.#verifiedAt < stream.maxAgeMs ? known : undefined;
  }

  #agrees(last: StoredText | undefined): boolean {
    if (this.#known.tag === "doubt") return false;
    const { stream } = this.#context;
    if (last === undefined) {
      // Expired, not lost: everything of that time is gone.
      return this.#known.epoch === stream.epoch && (this.#known.offset === 0 || this.#known.offset < stream.firstSeq);
    }
    return samePosition(this.#known, this.#positionOf(last));
  }

  /** This node has heard more meanwhile. */
  #isPast(last: StoredText | undefined): boolean {
    return this.#known.tag !== "doubt" && this.#known.epoch === this.#context.stream.epoch && this.#known.offset > (last?.seq ?? Infinity);
  }

  #positionOf(last: StoredText | undefined): Position {
    const { stream } = this.#context;
    if (last === undefined) return epochStart(stream.epoch);
    return { epoch: stream.epoch, offset: last.seq, tag: readRoomText(last.text).tag };
  }
}
