import type { Member } from "@openline/wire";
import type { Signal, Subscriber, Subscription } from "./broker.ts";
import { directText } from "./message-text.ts";
import type { Settings } from "./settings.ts";
import { type OutgoingMessage, outgoing } from "./transport.ts";

/** A session with a connection, as far as a direct message needs to know it. */
export interface Addressee {
  readonly id: string;
  readonly connection: { deliver(message: OutgoingMessage): void } | undefined;
}

/** The system room by which nodes reach a user; its rules bound size and rate of direct messages. */
export function userRoom(user: string): string {
  return `$user:${user}`;
}

/** This node's ear for one user: its sessions here, and those that other nodes have. Open while one is here, or a message is on its way. */
class UserEar implements Subscriber {
  readonly sessions = new Map<string, Addressee>();
  readonly elsewhere = new Set<string>();
  subscription: Subscription | undefined;
  holds = 0;

  get count(): number {
    return new Set([...this.sessions.keys(), ...this.elsewhere]).size;
  }

  signal(signal: Signal): void {
    const message = outgoing(directText(signal));
    for (const { connection } of this.sessions.values()) connection?.deliver(message);
  }

  entered(member: Member): void {
    this.elsewhere.add(member.session);
  }

  exited(session: string): void {
    this.elsewhere.delete(session);
  }

  message(): void {}

  insufficient(): void {}
}

/** Who is connected under which name, on all nodes. */
export class UserDirectory {
  readonly #settings: Settings;
  readonly #ears = new Map<string, { readonly ear: UserEar; readonly opened: Promise<void> }>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Users that this node listens for. */
  get size(): number {
    return this.#ears.size;
  }

  /** The users with a connection on this node, by name. */
  here(): { readonly user: string; readonly sessions: number }[] {
    const users = Array.from(this.#ears, ([user, { ear }]) => ({ user, sessions: ear.sessions.size }));
    return users.filter(({ sessions }) => sessions > 0).toSorted((one, other) => (one.user < other.user ? -1 : 1));
  }

  /** How many connected sessions a user has, on all nodes. @throws what the broker threw. */
  async count(user: string): Promise<number> {
    const { ear, opened } = this.#hold(user);
    try {
      await opened;
      return ear.count;
    } finally {
      this.#release(user, ear);
    }
  }

  /** The session has a connection. */
  add(user: string, session: Addressee): void {
    const { ear } = this.#hold(user);
    if (ear.sessions.has(session.id)) return void ear.holds--;
    ear.sessions.set(session.id, session);
    ear.subscription?.enter(this.#member(session));
  }

  /** The session has none any more. */
  remove(user: string, session: Addressee): void {
    const ear = this.#ears.get(user)?.ear;
    if (ear?.sessions.delete(session.id) !== true) return;
    ear.subscription?.exit(session.id);
    this.#release(user, ear);
  }

  /**
   * Sends to all of a user's connections. Returns how many sessions were connected.
   * @throws what the broker threw.
   */
  async send(user: string, signal: Signal): Promise<number> {
    const { ear, opened } = this.#hold(user);
    try {
      await opened;
      const { count } = ear;
      if (this.#settings.ownsBroker) ear.signal(signal);
      else if (count > 0) this.#settings.broker.signal(userRoom(user), signal);
      return count;
    } finally {
      this.#release(user, ear);
    }
  }

  close(): void {
    for (const { ear } of this.#ears.values()) ear.subscription?.close();
    this.#ears.clear();
  }

  #hold(user: string): { readonly ear: UserEar; readonly opened: Promise<void> } {
    let entry = this.#ears.get(user);
    if (entry === undefined) {
      const ear = new UserEar();
      entry = { ear, opened: this.#open(user, ear) };
      this.#ears.set(user, entry);
      // Who sends hears of it; that nobody sends is no reason to end the process.
      entry.opened.catch((error: unknown) => this.#forget(user, ear, error));
    }
    entry.ear.holds++;
    return entry;
  }

  /** A broker of the hub's own has no other node: then there is nothing to listen to. */
  async #open(user: string, ear: UserEar): Promise<void> {
    if (this.#settings.ownsBroker) return;
    const subscription = await this.#settings.broker.subscribe(userRoom(user), ear);
    if (this.#ears.get(user)?.ear !== ear) return subscription.close();
    ear.subscription = subscription;
    for (const { session } of subscription.members) ear.elsewhere.add(session);
    for (const session of ear.sessions.values()) subscription.enter(this.#member(session));
  }

  #forget(user: string, ear: UserEar, error: unknown): void {
    if (this.#ears.get(user)?.ear === ear) this.#ears.delete(user);
    this.#settings.log({ type: "fault", error });
  }

  #release(user: string, ear: UserEar): void {
    if (--ear.holds > 0 || this.#ears.get(user)?.ear !== ear) return;
    this.#ears.delete(user);
    ear.subscription?.close();
  }

  #member({ id }: Addressee): Member {
    return { session: id, since: this.#settings.clock.now() };
  }
}
