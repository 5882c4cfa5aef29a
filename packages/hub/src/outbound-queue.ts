import type { Counters } from "./counters.ts";
import { Fifo } from "./fifo.ts";
import type { OutboundLane, Slot } from "./outbound-lane.ts";
import type { Position } from "./position.ts";
import { Replay } from "./replay.ts";
import type { OutgoingMessage, Transport } from "./transport.ts";

/** What became of a stored message: sent or waiting (or left out, and the client is told); or not taken, by the room's policy. */
export type Taken = "taken" | "spilled" | "too-slow";

/**
 * What waits for one connection, in order. At most 64 KiB lie below, in the transport; what waits here is bounded by `capBytes`
 * (contract 8). A single message is always taken into an empty queue. Where it does not fit, ephemeral messages go first, then the room's policy
 * decides. Rooms whose policy keeps the connection leave an eighth of the cap to answers. A replay does not count: it is references to messages
 * that the room keeps anyway, and there is one at a time.
 */
export class OutboundQueue {
  readonly #transport: Transport;
  readonly #capBytes: number;
  readonly #roomBytes: number;
  readonly #counters: Counters;
  readonly #waiting: Fifo<Slot> = new Fifo();
  readonly #ephemeral: Fifo<Slot> = new Fifo();
  #bytes = 0;
  #isBlocked = false;
  #replays = 0;
  #dead = 0;

  constructor(transport: Transport, capBytes: number, counters: Counters) {
    this.#transport = transport;
    this.#capBytes = capBytes;
    this.#roomBytes = capBytes - Math.floor(capBytes / 8);
    this.#counters = counters;
  }

  /** Bytes that wait here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Places that are taken, those of dropped messages included. */
  get places(): number {
    return this.#waiting.size;
  }

  get isReplaying(): boolean {
    return this.#replays > 0;
  }

  /** True when the next message goes straight to the transport. */
  get isFree(): boolean {
    return !this.#isBlocked && this.#waiting.size === 0;
  }

  /** Sends the message, or lets it wait. False: the cap is reached, the message was not taken. */
  push(message: OutgoingMessage): boolean {
    if (this.isFree) this.#send(message);
    else if (this.#makeRoom(message.bytes, this.#capBytes)) this.#append({ what: message, lane: undefined, position: undefined });
    else return false;
    return true;
  }

  /** Sends the message, lets it wait, or lets it go: nothing was promised. */
  pushEphemeral(message: OutgoingMessage): void {
    if (this.isFree) return this.#send(message);
    if (!this.#fits(message.bytes, this.#roomBytes)) return void this.#counters.droppedEphemerals++;
    const slot: Slot = { what: message, lane: undefined, position: undefined };
    this.#append(slot);
    this.#ephemeral.push(slot);
  }

  /** Sends a stored message, lets it wait, or does what the room's policy says. */
  pushStored(lane: OutboundLane, message: OutgoingMessage, position: Position): Taken {
    if (this.isFree) this.#send(message);
    else {
      if (lane.policy === "latest") this.#dropWaiting(lane, () => true);
      const capBytes = lane.policy === "disconnect" ? this.#capBytes : this.#roomBytes;
      this.#makeRoom(message.bytes, capBytes);
      const fits = (): boolean => lane.fits(message.bytes) && this.#fits(message.bytes, capBytes);
      if (lane.policy === "drop-oldest") this.#dropWaiting(lane, () => !fits());
      const isTaken = fits();
      if (!isTaken && lane.policy === "disconnect") return this.#tooSlow();
      if (!isTaken && lane.policy === "spill") return "spilled";
      if (isTaken) this.#appendTo(lane, message, position);
      else this.#leaveOut(lane, position);
    }
    lane.position = position;
    return "taken";
  }

  pushReplay(replay: Replay): void {
    this.#waiting.push({ what: replay, lane: undefined, position: undefined });
    this.#replays++;
    this.#pump();
  }

  /** The transport has room again. */
  drained(): void {
    this.#isBlocked = false;
    this.#pump();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.clear();
    this.#ephemeral.clear();
    this.#bytes = 0;
    this.#replays = 0;
    this.#dead = 0;
  }

  #fits(bytes: number, capBytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= capBytes;
  }

  /** Lets go of ephemeral messages, the oldest first, until so many bytes fit. Returns whether they do. */
  #makeRoom(bytes: number, capBytes: number): boolean {
    while (!this.#fits(bytes, capBytes)) {
      const slot = this.#ephemeral.shift();
      if (slot === undefined) return false;
      this.#counters.droppedEphemerals++;
      this.#kill(slot);
    }
    return true;
  }

  #appendTo(lane: OutboundLane, message: OutgoingMessage, position: Position): void {
    const slot: Slot = { what: message, lane, position };
    this.#append(slot);
    lane.waiting.push(slot);
    lane.bytes += message.bytes;
  }

  #tooSlow(): Taken {
    this.#counters.policies.disconnect.times++;
    return "too-slow";
  }

  #append(slot: Slot): void {
    this.#waiting.push(slot);
    this.#bytes += bytesOf(slot);
  }

  /** Lets go of what waits in a lane, the oldest first, as long as `isWanted`. The lane's gap stands right before it and counts it. */
  #dropWaiting(lane: OutboundLane, isWanted: () => boolean): void {
    while (isWanted()) {
      const slot = lane.waiting.shift();
      if (slot === undefined) return;
      lane.bytes -= bytesOf(slot);
      if (lane.gap !== undefined) {
        this.#widen(lane, lane.gap, slot.position);
        this.#kill(slot);
      } else {
        this.#bytes -= bytesOf(slot);
        this.#beginGap(lane, slot);
      }
    }
  }

  /** A new message does not even wait. Nothing of its lane does, but perhaps a gap. */
  #leaveOut(lane: OutboundLane, position: Position): void {
    if (lane.gap !== undefined) return this.#widen(lane, lane.gap, position);
    const slot: Slot = { what: undefined, lane, position };
    this.#beginGap(lane, slot);
    this.#waiting.push(slot);
  }

  #beginGap(lane: OutboundLane, slot: Slot): void {
    slot.what = 1;
    lane.gap = slot;
    const count = this.#counters.policies[lane.policy];
    count.times++;
    count.messages++;
  }

  #widen(lane: OutboundLane, gap: Slot, position: Position | undefined): void {
    gap.what = typeof gap.what === "number" ? gap.what + 1 : 1;
    gap.position = position;
    this.#counters.policies[lane.policy].messages++;
  }

  #kill(slot: Slot): void {
    this.#bytes -= bytesOf(slot);
    slot.what = undefined;
    this.#dead++;
    // A reader that stands still for hours must not collect the places of what was dropped.
    if (this.#dead <= 64 || this.#dead * 2 <= this.#waiting.size) return;
    this.#waiting.keep(({ what }) => what !== undefined);
    this.#dead = 0;
  }

  #pump(): void {
    while (!this.#isBlocked && this.#waiting.size > 0) this.#step();
  }

  #step(): void {
    const first = this.#waiting.first;
    if (first?.what instanceof Replay) {
      const message = first.what.take();
      if (message !== undefined) return this.#send(message);
      this.#replays--;
    }
    this.#waiting.shift();
    if (first !== undefined) this.#leave(first);
  }

  /** It is this place's turn. */
  #leave(slot: Slot): void {
    const { what, lane } = slot;
    if (what === undefined) this.#dead--;
    else if (typeof what === "number") {
      if (lane === undefined) return;
      lane.gap = undefined;
      this.#send(lane.gapMessage(slot, what));
    } else if (!(what instanceof Replay)) {
      this.#bytes -= what.bytes;
      if (lane !== undefined) lane.sent(what.bytes);
      else if (this.#ephemeral.first === slot) this.#ephemeral.shift();
      this.#send(what);
    }
  }

  #send(message: OutgoingMessage): void {
    this.#counters.sent++;
    this.#isBlocked = !this.#transport.send(message);
  }
}

function bytesOf({ what }: Slot): number {
  return typeof what === "object" && !(what instanceof Replay) ? what.bytes : 0;
}
