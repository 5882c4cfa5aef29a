import type { Member } from "@openline/wire";
import type { Actor } from "./activity.ts";
import { OutboundLane } from "./outbound-lane.ts";
import type { Taken } from "./outbound-queue.ts";
import type { Position } from "./position.ts";
import type { RoomRules } from "./rules.ts";
import type { OutgoingMessage } from "./transport.ts";

/** What a membership delivers to: a connection, as far as a room needs to know it. */
export interface Receiver {
  deliver(message: OutgoingMessage): void;
  /** Dropped first when there is no room. */
  deliverEphemeral(message: OutgoingMessage): void;
  deliverStored(lane: OutboundLane, message: OutgoingMessage, position: Position): Taken;
  /** Calls `resume` once, when nothing waits any more: at once if so. */
  whenFree(resume: () => void): void;
  /** Closes it as too slow. */
  giveUp(): void;
}

/** Who a member is, as far as a room needs to know it. */
export interface MemberSession {
  readonly id: string;
  /** It is in the room without being seen there. */
  readonly isReader: boolean;
  readonly actor: Actor;
}

/** What a room does for members that fell behind. */
export interface SpillKeeper {
  begin(membership: Membership): void;
  resume(membership: Membership): void;
  end(membership: Membership): void;
}

/** The application put the session into the room: until the client joins by itself, the server sees to it that it hears of the room. */
export interface Assignment {
  readonly terms: { readonly rewind: number; readonly presence: boolean };
  /** Where the session stood in the room when it was put there: what was published since is what its client must hear. */
  readonly from: Position;
  /** `joined` was sent; it may have been lost with its connection. */
  isTold: boolean;
}

/** What a membership is made of. */
export interface MembershipOptions {
  readonly session: MemberSession;
  readonly member: Member;
  readonly room: string;
  readonly rules: Pick<RoomRules, "slow" | "slowBytes">;
  readonly spill: SpillKeeper;
}

/** A session's place in a room. It outlives connections; without a receiver it misses what passes, and recovers it later. */
export class Membership {
  readonly session: MemberSession;
  /** As the others see it. */
  member: Member;
  /** True when the session asked to be told who comes and goes. */
  presence = false;
  assignment: Assignment | undefined;
  readonly #options: MembershipOptions;
  #receiver: Receiver | undefined;
  #lane: OutboundLane | undefined;
  #isSpilled = false;
  #isReturning = false;
  #replayedTo: Position | undefined;

  constructor(options: MembershipOptions) {
    this.session = options.session;
    this.member = options.member;
    this.#options = options;
  }

  get isLive(): boolean {
    return this.#receiver !== undefined;
  }

  /** True while it reads from history what it was too slow for. */
  get isSpilled(): boolean {
    return this.#isSpilled;
  }

  /** True while a join is on its way: a slow recovery is no absence. */
  get isReturning(): boolean {
    return this.#isReturning;
  }

  /** Where its client stands after all that was sent or waits. @throws Error when it is not live. */
  get position(): Position {
    if (this.#lane === undefined) throw new Error(`a member of ${this.#options.room} that is not live stands nowhere`);
    return this.#lane.position;
  }

  expectReturn(): void {
    this.#isReturning = true;
  }

  /** Live messages pass by until the join that reads the past is done. */
  pause(): void {
    this.#endSpill();
    this.#receiver = undefined;
    this.#lane = undefined;
  }

  /** From now on live messages go to `receiver`; those up to `replayedTo` were in its replay. */
  goLive(receiver: Receiver, replayedTo: Position): void {
    this.pause();
    this.#receiver = receiver;
    this.#isReturning = false;
    this.#replayedTo = replayedTo;
    this.#lane = new OutboundLane(this.#options.room, this.#options.rules, replayedTo);
  }

  /** The connection is gone: live messages pass by until the session comes back. */
  detach(): void {
    this.pause();
    this.#isReturning = false;
  }

  deliver(message: OutgoingMessage): void {
    this.#receiver?.deliver(message);
  }

  deliverEphemeral(message: OutgoingMessage): void {
    this.#receiver?.deliverEphemeral(message);
  }

  /**
   * Tells that the room's continuity is lost and goes on from `position`. Not told to whom a replay brought that far or further: what the node
   * lost, this member has.
   */
  deliverLoss(message: OutgoingMessage, position: Position): void {
    const replayed = this.#replayedTo;
    if (replayed !== undefined && replayed.epoch === position.epoch && replayed.offset >= position.offset) return;
    this.#replayedTo = undefined;
    this.#endSpill();
    // A lane of its own: a gap that waits before the word of the loss must not count what comes after it.
    if (this.#lane !== undefined) this.#lane = new OutboundLane(this.#options.room, this.#options.rules, position);
    this.#receiver?.deliver(message);
  }

  /** Delivers a stored message, unless the replay had it already, or the member will read it itself. */
  deliverStored(message: OutgoingMessage, position: Position): void {
    const replayed = this.#replayedTo;
    if (replayed !== undefined) {
      if (position.epoch === replayed.epoch && position.offset <= replayed.offset) return;
      this.#replayedTo = undefined;
    }
    if (this.#isSpilled || this.#lane === undefined) return;
    if (this.#receiver?.deliverStored(this.#lane, message, position) !== "spilled") return;
    this.#isSpilled = true;
    this.#options.spill.begin(this);
    this.waitForRoom();
  }

  /** Delivers what was read for it. False: there is no room for more. */
  catchUpWith(message: OutgoingMessage, position: Position): boolean {
    return this.#lane !== undefined && this.#receiver?.deliverStored(this.#lane, message, position) === "taken";
  }

  /** It has read up to `position`, where the node stands or further: live messages after it come to it again. */
  levelWith(position: Position): void {
    this.#replayedTo = position;
    this.#endSpill();
  }

  /** Reads on as soon as nothing waits for its connection. */
  waitForRoom(): void {
    const lane = this.#lane;
    this.#receiver?.whenFree(() => {
      if (this.#isSpilled && this.#lane === lane) this.#options.spill.resume(this);
    });
  }

  giveUp(): void {
    this.#receiver?.giveUp();
  }

  #endSpill(): void {
    if (!this.#isSpilled) return;
    this.#isSpilled = false;
    this.#options.spill.end(this);
  }
}
