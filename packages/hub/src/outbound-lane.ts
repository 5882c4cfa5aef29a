import { encode } from "@openline/wire";
import { Fifo } from "./fifo.ts";
import { encodePosition, type Position } from "./position.ts";
import type { Replay } from "./replay.ts";
import type { SlowPolicy } from "./rules.ts";
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
  /** That of the last message that was sent, waits, or was left out with a word. */
  position: Position;
  /** Those that wait, oldest first. */
  readonly waiting: Fifo<Slot> = new Fifo();
  /** Stands before everything that waits: there is one at most. */
  gap: Slot | undefined;

  constructor(room: string, policy: SlowPolicy, position: Position) {
    this.room = room;
    this.policy = policy;
    this.position = position;
  }

  /** What tells the client of a gap. */
  gapMessage(slot: Slot, count: number): OutgoingMessage {
    const position = encodePosition(slot.position ?? this.position);
    return outgoing(encode({ type: "gap", room: this.room, count, position }));
  }
}
