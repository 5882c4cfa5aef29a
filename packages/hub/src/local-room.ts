import type { Member } from "@openline/wire";
import type { Signal, StoredMessage, Subscriber, Subscription } from "./broker.ts";
import type { Position } from "./position.ts";

/** What a store within one process knows of a room that is followed: its subscribers and their members. What the room keeps lies elsewhere. */
export class LocalRoom {
  readonly subscriptions: Set<LocalSubscription> = new Set();
  readonly #undelivered: StoredMessage[] = [];
  #delivering = false;

  /** A subscriber that publishes while it is being told must not put the later message before the earlier one for the next subscriber. */
  deliver(message: StoredMessage): void {
    this.#undelivered.push(message);
    if (this.#delivering) return;
    this.#delivering = true;
    for (let next = this.#undelivered.shift(); next !== undefined; next = this.#undelivered.shift()) {
      for (const subscription of this.subscriptions) subscription.hear(next);
    }
    this.#delivering = false;
  }

  signal(signal: Signal): void {
    for (const subscription of this.subscriptions) subscription.subscriber.signal(signal);
  }

  tellInsufficient(): void {
    for (const subscription of this.subscriptions) subscription.subscriber.insufficient();
  }
}

/** One ear at a {@link LocalRoom}. */
export class LocalSubscription implements Subscription {
  readonly subscriber: Subscriber;
  readonly top: Position;
  readonly members: readonly Member[];
  readonly #room: LocalRoom;
  readonly #onClose: () => void;
  readonly #own = new Map<string, Member>();

  constructor(room: LocalRoom, subscriber: Subscriber, top: Position, onClose: () => void) {
    this.#room = room;
    this.subscriber = subscriber;
    this.top = top;
    this.#onClose = onClose;
    this.members = Array.from(room.subscriptions, (other) => Array.from(other.#own.values())).flat();
    room.subscriptions.add(this);
  }

  hear(message: StoredMessage): void {
    // Subscribed while a delivery was under way: what its `top` covers is not news.
    if (message.position.epoch === this.top.epoch && message.position.offset <= this.top.offset) return;
    this.subscriber.message(message);
  }

  enter(member: Member): void {
    this.#own.set(member.session, member);
    for (const other of this.#room.subscriptions) if (other !== this) other.subscriber.entered(member);
  }

  exit(session: string): void {
    if (!this.#own.delete(session)) return;
    for (const other of this.#room.subscriptions) if (other !== this) other.subscriber.exited(session);
  }

  close(): void {
    if (!this.#room.subscriptions.has(this)) return;
    for (const session of this.#own.keys()) this.exit(session);
    this.#room.subscriptions.delete(this);
    this.#onClose();
  }
}
