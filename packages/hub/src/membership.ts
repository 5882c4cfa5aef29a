import type { Member } from "@openline/wire";
import type { Position } from "./position.ts";
import type { Session } from "./session.ts";
import type { OutgoingMessage } from "./transport.ts";

/** What a membership delivers to: a connection, as far as a room needs to know it. */
export interface Receiver {
  deliver(message: OutgoingMessage): void;
}

/** A session's place in a room. It outlives connections; without a receiver it misses what passes, and recovers it later. */
export class Membership {
  readonly session: Session;
  readonly member: Member;
  /** True when the session asked to be told who comes and goes. */
  presence = false;
  #receiver: Receiver | undefined;
  #isReturning = false;
  #replayedTo: Position | undefined;

  constructor(session: Session, member: Member) {
    this.session = session;
    this.member = member;
  }

  get isLive(): boolean {
    return this.#receiver !== undefined;
  }

  /** True while a join is on its way: a slow recovery is no absence. */
  get isReturning(): boolean {
    return this.#isReturning;
  }

  expectReturn(): void {
    this.#isReturning = true;
  }

  /** Live messages pass by until the join that reads the past is done. */
  pause(): void {
    this.#receiver = undefined;
  }

  /** From now on live messages go to `receiver`; those up to `replayedTo` were in its replay. */
  goLive(receiver: Receiver, replayedTo: Position | undefined): void {
    this.#receiver = receiver;
    this.#isReturning = false;
    this.#replayedTo = replayedTo;
  }

  /** The connection is gone: live messages pass by until the session comes back. */
  detach(): void {
    this.#receiver = undefined;
    this.#isReturning = false;
  }

  deliver(message: OutgoingMessage): void {
    this.#receiver?.deliver(message);
  }

  /**
   * Tells that the room's continuity is lost and goes on from `position`. Not told to whom a replay brought that far or further: what the node
   * lost, this member has.
   */
  deliverLoss(message: OutgoingMessage, position: Position): void {
    const replayed = this.#replayedTo;
    if (replayed !== undefined && replayed.epoch === position.epoch && replayed.offset >= position.offset) return;
    this.#replayedTo = undefined;
    this.#receiver?.deliver(message);
  }

  /** Delivers a stored message, unless the replay had it already. */
  deliverStored(message: OutgoingMessage, position: Position): void {
    const replayed = this.#replayedTo;
    if (replayed !== undefined) {
      if (position.epoch === replayed.epoch && position.offset <= replayed.offset) return;
      this.#replayedTo = undefined;
    }
    this.#receiver?.deliver(message);
  }
}
