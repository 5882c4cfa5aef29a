import { encode } from "@openline/wire";
import { Fifo } from "./fifo.ts";
import { encodePosition, type Position } from "./position.ts";
import type { Replay } from "./replay.ts";
import type { RoomRules, SlowPolicy } from "./rules.ts";
import { type OutgoingMessage, outgoing } from "./transport.ts";

/** One place in an {@link OutboundQueue}. */
export interface Slot {
  /** What is to be sent. `undefined`: it was let go of; a number: so many of the lane's messages were, and the client is told. */
  what: OutgoingMessage | Replay | number | undefined;
  readonly lane: OutboundLane | undefined;
  /** Of a stored message, or of the last one that a gap left out. */
  position: Position | undefined;
}

/** One room's stored messages on one connection, from a `joined` on: what of them waits, and where the client stands after it. */
export class OutboundLane {
  readonly room: string;
  readonly policy: SlowPolicy;
  readonly #capBytes: number;
  /** That of the last message that was sent, waits, or was left out with a word. */
  position: Position;
  /** Those that wait, oldest first. */
  readonly waiting: Fifo<Slot> = new Fifo();
  /** Of those that wait. */
  bytes = 0;
  /** Stands before everything that waits: there is one at most. */
  gap: Slot | undefined;

  constructor(room: string, { slow, slowBytes }: Pick<RoomRules, "slow" | "slowBytes">, position: Position) {
    this.room = room;
    this.policy = slow;
    this.#capBytes = slowBytes;
    this.position = position;
  }

  /** Whether the room's own cap lets one more wait: a single one always may. */
  fits(bytes: number): boolean {
    return this.bytes === 0 || this.bytes + bytes <= this.#capBytes;
  }

  /** The oldest that waited has been sent. */
  sent(bytes: number): void {
    this.waiting.shift();
    this.bytes -= bytes;
  }

  /** What tells the client of a gap. */
  gapMessage(slot: Slot, count: number): OutgoingMessage {
    const position = encodePosition(slot.position ?? this.position);
    return outgoing(encode({ type: "gap", room: this.room, count, position }));
  }
}
