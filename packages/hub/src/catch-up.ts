import type { StoredMessage } from "./broker.ts";
import type { History } from "./history.ts";
import type { Membership } from "./membership.ts";
import { type Position, samePosition } from "./position.ts";
import type { Settings } from "./settings.ts";
import { SharedPages } from "./shared-pages.ts";
import type { OutgoingMessage } from "./transport.ts";

/** What it needs to know of its room. */
export interface CatchUpRoom {
  readonly settings: Settings;
  readonly history: History;
  readonly compose: (message: StoredMessage) => OutgoingMessage;
  /** Where the node stands. */
  readonly position: () => Position;
  /** Continuity cannot be proved for this member: it is told, and goes on from the node's position. */
  readonly lose: (membership: Membership) => void;
}

/** After so many reads that bring nothing although the node stands further on, the history is not waited for. */
const emptyReads = 5;

/** A room's members whose policy is `spill` and who fell behind: each is a position, and reads on whenever its connection has room (contract 8). */
export class CatchUp {
  readonly #room: CatchUpRoom;
  readonly #pages: SharedPages;
  readonly #behind = new Map<Membership, number>();

  constructor(room: CatchUpRoom) {
    this.#room = room;
    this.#pages = new SharedPages(room.history, room.compose, () => room.settings.counters.spillPages++);
  }

  /** How many are behind. */
  get size(): number {
    return this.#behind.size;
  }

  begin(membership: Membership): void {
    this.#behind.set(membership, 0);
    this.#room.settings.counters.policies.spill.times++;
  }

  /** It is level again, or gone. */
  end(membership: Membership): void {
    if (this.#behind.delete(membership) && this.#behind.size === 0) this.#pages.clear();
  }

  /** Its connection has room. */
  resume(membership: Membership): void {
    this.#readOn(membership).catch((error: unknown) => {
      this.#room.settings.log({ type: "fault", error });
      membership.giveUp();
    });
  }

  async #readOn(membership: Membership): Promise<void> {
    const from = membership.position;
    const page = await this.#pages.after(from);
    // Meanwhile it may have left, come back by a join of its own, or been told of a loss.
    if (!membership.isSpilled || !samePosition(membership.position, from)) return;
    if (page === undefined) return this.#room.lose(membership);
    let bytes = 0;
    for (let place = page.placeAfter(from); bytes <= this.#room.settings.outboundBytes / 4; place++) {
      const message = page.messages[place];
      if (message === undefined) break;
      const text = page.text(place, message);
      if (!membership.catchUpWith(text, message.position)) break;
      bytes += text.bytes;
      this.#room.settings.counters.policies.spill.messages++;
    }
    this.#settle(membership, from);
  }

  #settle(membership: Membership, from: Position): void {
    const here = this.#room.position();
    const { position } = membership;
    if (position.epoch === here.epoch && position.offset >= here.offset) return membership.levelWith(position);
    const reads = samePosition(position, from) ? (this.#behind.get(membership) ?? 0) + 1 : 0;
    if (reads >= emptyReads) return this.#room.lose(membership);
    this.#behind.set(membership, reads);
    membership.waitForRoom();
  }
}
