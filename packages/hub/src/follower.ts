import type { StoredMessage } from "./broker.ts";
import type { History } from "./history.ts";
import { epochStart, type Position, samePosition } from "./position.ts";
import { follows } from "./recovery.ts";
import type { Settings } from "./settings.ts";

export interface FollowerOptions {
  readonly settings: Settings;
  readonly room: string;
  readonly history: History;
  /** Gets every message of the room, once, in order. */
  readonly deliver: (message: StoredMessage) => void;
  /** Continuity is lost; the room goes on from `position`. */
  readonly lost: (position: Position) => void;
}

/**
 * Keeps a node's position in a room. A live message that names the position as its predecessor is passed on; anything else makes
 * the node read the history and heal from it, or say that it cannot (contract 1 and 2).
 */
export class Follower {
  readonly #options: FollowerOptions;
  #position: Position = epochStart("unknown");
  #held: StoredMessage[] = [];
  #heldBytes = 0;
  #isHealing = true;
  #isDoubtful = false;
  #isClosed = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  get position(): Position {
    return this.#position;
  }

  /** Live messages heard before are looked at now. */
  start(top: Position): void {
    this.#position = top;
    this.#isHealing = false;
    for (const message of this.#takeHeld()) this.hear(message);
    if (this.#isDoubtful) this.doubt();
  }

  close(): void {
    this.#isClosed = true;
    this.#takeHeld();
  }

  hear(message: StoredMessage): void {
    if (this.#isHealing) this.#hold(message);
    else if (follows(message, this.#position)) this.#pass(message);
    else if (!samePosition(message.position, this.#position)) {
      this.#hold(message);
      this.#startHealing();
    }
  }

  /**
   * Asks where the room stands. In a quiet room no later message shows that the last one was missed: this does (R17).
   * A store that does not answer is asked again the next time.
   */
  async check(): Promise<void> {
    if (this.#isHealing || this.#isClosed) return;
    const { top } = await this.#options.history.newest(0);
    if (!samePosition(top, this.#position) && !this.#isClosed) this.doubt();
  }

  /** Something may have been missed: the history tells. */
  doubt(): void {
    this.#isDoubtful = true;
    if (!this.#isHealing) this.#startHealing();
  }

  /** Goes on from a position that does not continue the old one. */
  adopt(position: Position): void {
    this.#position = position;
    this.#options.lost(position);
  }

  /** What does not fit is let go of: the history has it, and has to be read again. */
  #hold(message: StoredMessage): void {
    if (this.#heldBytes + message.bytes > this.#options.settings.heldBytes) {
      this.#takeHeld();
      this.#isDoubtful = true;
      return;
    }
    this.#held.push(message);
    this.#heldBytes += message.bytes;
  }

  #takeHeld(): StoredMessage[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }

  #pass(message: StoredMessage): void {
    this.#position = message.position;
    this.#options.deliver(message);
  }

  #startHealing(): void {
    this.#isHealing = true;
    this.#heal().catch((error: unknown) => {
      // The position still stands where it was, so the next message starts healing again.
      this.#takeHeld();
      this.#isHealing = false;
      this.#options.settings.log({ type: "fault", error });
    });
  }

  /** Reads until what was heard fits what is kept. Five times: messages may come faster than pages, but not for ever. */
  async #heal(): Promise<void> {
    for (let attempt = 0; attempt < 5 && !this.#isClosed; attempt++) {
      if (await this.#healOnce()) {
        this.#isHealing = false;
        return;
      }
    }
    // Messages keep coming that the history does not show: better to say so than to guess.
    const { page } = await this.#options.history.since(this.#position);
    this.#takeHeld();
    this.#isHealing = false;
    if (!this.#isClosed) this.adopt(page.top);
  }

  /** One read and what follows from it. True when nothing is left to doubt. */
  async #healOnce(): Promise<boolean> {
    const from = this.#position;
    const heardBefore = this.#held.length;
    this.#isDoubtful = false;
    const { page, missed } = await this.#options.history.since(from, this.#lowestHeld());
    if (this.#isClosed) return true;
    // A join saw a new epoch first and moved the node on.
    if (!samePosition(from, this.#position)) return false;
    if (missed.continuous) for (const message of missed.messages) this.#pass(message);
    else if (missed.why !== "rewritten") this.adopt(page.top);
    const isRewritten = !missed.continuous && missed.why === "rewritten";
    // Below the floor of a room whose loss was just told, nothing can be known and nothing more is lost.
    const past = missed.continuous ? 0 : page.floor;
    if (isRewritten || this.#settleHeld(page.messages, heardBefore, past)) {
      // The same epoch, and yet another history: nobody may take the one for the other any more.
      await this.#options.settings.broker.rotate(this.#options.room, this.#position.epoch);
      return false;
    }
    return this.#held.length === 0 && !this.#isDoubtful;
  }

  /** The page must show what stands at the offset of each held message, or a duplicate would look like another history. */
  #lowestHeld(): number {
    let lowest = this.#position.offset;
    for (const { position } of this.#held) if (position.epoch === this.#position.epoch) lowest = Math.min(lowest, position.offset);
    return lowest;
  }

  /**
   * Goes through what came meanwhile; the first `before` came before the page was read. What the next read must explain stays held, what
   * lies below `past` is let go of.
   * True when a message belongs to another history of the same epoch.
   */
  #settleHeld(kept: readonly StoredMessage[], before: number, past: number): boolean {
    for (const [index, message] of this.#takeHeld().entries()) {
      if (message.position.epoch !== this.#position.epoch) {
        // Heard before the read, and yet of another epoch than the page: the last words of an epoch that is over.
        if (index >= before) this.#hold(message);
      } else if (message.position.offset <= this.#position.offset) {
        if (message.position.offset >= past && !isKnown(message, this.#position, kept)) return true;
      } else if (follows(message, this.#position)) this.#pass(message);
      else this.#hold(message);
    }
    return false;
  }
}

/** A live message at or below the node's position is a duplicate only if its tag is the known one (contract 2). */
function isKnown(message: StoredMessage, position: Position, kept: readonly StoredMessage[]): boolean {
  if (samePosition(message.position, position)) return true;
  return kept.some((other) => samePosition(other.position, message.position));
}
