import type { Page, ReadFrom, StoredMessage } from "./broker.ts";
import type { Discontinuity } from "./hub-options.ts";
import { decodePosition, type Position } from "./position.ts";
import { continuation, type Missed, missedSince } from "./recovery.ts";
import { expiredCount } from "./retention.ts";
import type { Retention } from "./rules.ts";
import type { Settings } from "./settings.ts";

/** What a join is shown of the past. */
export interface Past {
  readonly messages: readonly StoredMessage[];
  /** Up to where the messages go; `undefined` when nothing was read: then the past ends wherever the node stands. */
  readonly top: Position | undefined;
  /** Missing when the join had no position. */
  readonly recovered?: boolean;
  readonly why?: Discontinuity;
}

/** A room's kept messages as the rules let them be seen. */
export class History {
  readonly #settings: Settings;
  readonly #room: string;
  readonly #retention: Retention;

  constructor(settings: Settings, room: string) {
    this.#settings = settings;
    this.#room = room;
    this.#retention = settings.rules.of(room).history;
  }

  /** What was missed since `position`, and the page that shows it; the page reaches down to `lowest` if that is asked for. */
  async since(position: Position, lowest: number = position.offset): Promise<{ page: Page; missed: Missed }> {
    const page = await this.#read({ offset: Math.min(lowest, position.offset) });
    const later = lowest < position.offset ? page.messages.filter((message) => message.position.offset >= position.offset) : page.messages;
    return { page, missed: missedSince({ ...page, messages: later }, position) };
  }

  /** At most so many of the messages after `position`, oldest first, and the page that shows them. */
  async after(position: Position, limit: number): Promise<{ page: Page; missed: Missed }> {
    // One more: the message at the position itself comes along, to show its tag.
    const page = await this.#read({ offset: position.offset, limit: limit + 1 });
    return { page, missed: continuation(page, position) };
  }

  /** What a join with these wishes gets: all that it missed, or else the newest `rewind` messages. */
  async past(positionText: string | undefined, rewind: number): Promise<Past> {
    if (positionText === undefined) return await this.#newest(rewind);
    const position = decodePosition(positionText);
    if (position === undefined) return { ...(await this.#newest(rewind)), recovered: false, why: "unreadable" };
    const { page, missed } = await this.since(position);
    if (missed.continuous) return { messages: missed.messages, top: page.top, recovered: true };
    return { ...(await this.#newest(rewind)), recovered: false, why: missed.why };
  }

  async newest(count: number): Promise<Page> {
    return await this.#read({ newest: count });
  }

  /** At most so many of the messages right below the offset of `position`. */
  async before(position: Position, count: number): Promise<Page> {
    return await this.#read({ newest: count, before: position.offset });
  }

  async #newest(count: number): Promise<Past> {
    if (count === 0) return { messages: [], top: undefined };
    const page = await this.newest(count);
    return { messages: page.messages, top: page.top };
  }

  async #read(from: ReadFrom): Promise<Page> {
    const { broker, clock } = this.#settings;
    const page = await broker.read(this.#room, from);
    const reachesTop = !("limit" in from || "before" in from);
    // How many and how many bytes are kept can be counted from the newest on only; elsewhere the engine's own floor stands.
    const { messages, bytes } = reachesTop ? this.#retention : unbounded;
    return cut(page, { messages, bytes, ageMs: this.#retention.ageMs }, clock.now());
  }
}

const unbounded = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

function cut(page: Page, retention: Retention, now: number): Page {
  const expired = expiredCount(page.messages, retention, now);
  if (expired === 0) return page;
  const messages = page.messages.slice(expired);
  return { messages, floor: messages[0]?.position.offset ?? page.top.offset, top: page.top };
}
