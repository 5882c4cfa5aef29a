import type { StoredMessage } from "./broker.ts";
import type { History } from "./history.ts";
import type { HistoryQuery } from "./hub-options.ts";
import { decodePosition, type Position, samePosition } from "./position.ts";

/** A page of a room's history as a client gets it. */
export interface HistoryPage {
  readonly messages: readonly StoredMessage[];
  /** Nothing kept lies beyond it in its direction. */
  readonly complete: boolean;
}

const defaultLimit = 50;
/** A page has so many bytes of content at most, or one message. */
const pageBytes = 256 * 1024;

/**
 * The page that a request asks for; `undefined` when the history does not know its position.
 * @throws what the broker's read threw.
 */
export async function historyPage(history: History, request: HistoryQuery): Promise<HistoryPage | undefined> {
  const { before, after, limit = defaultLimit } = request;
  const text = before ?? after;
  if (text === undefined) return await newest(history, limit);
  const position = decodePosition(text);
  if (position === undefined) return undefined;
  return before === undefined ? await following(history, position, limit) : await preceding(history, position, limit);
}

async function newest(history: History, limit: number): Promise<HistoryPage> {
  const { messages, floor } = await history.newest(limit);
  return newestThatFit(messages, floor);
}

async function preceding(history: History, position: Position, limit: number): Promise<HistoryPage | undefined> {
  // The message at the position comes along where it is kept: its tag shows whether it is the one that is meant.
  const { messages, floor, top } = await history.before({ ...position, offset: position.offset + 1 }, limit + 1);
  if (top.epoch !== position.epoch || position.offset > top.offset) return undefined;
  if (position.offset === top.offset && !samePosition(position, top)) return undefined;
  const last = messages.at(-1);
  const isKept = last?.position.offset === position.offset;
  if (last !== undefined && isKept && !samePosition(last.position, position)) return undefined;
  return newestThatFit(isKept ? messages.slice(0, -1) : messages.slice(-limit), floor);
}

async function following(history: History, position: Position, limit: number): Promise<HistoryPage | undefined> {
  const { page, missed } = await history.after(position, limit);
  if (!missed.continuous) return undefined;
  const messages = missed.messages.slice(0, Math.min(limit, fitting(missed.messages)));
  return { messages, complete: samePosition(messages.at(-1)?.position ?? position, page.top) };
}

function newestThatFit(messages: readonly StoredMessage[], floor: number): HistoryPage {
  const fit = messages.slice(messages.length - fitting(messages.toReversed()));
  const first = fit[0];
  return { messages: fit, complete: first === undefined || first.position.offset <= floor };
}

function fitting(messages: readonly StoredMessage[]): number {
  let bytes = 0;
  const tooMany = messages.findIndex((message) => (bytes += message.bytes) > pageBytes);
  return tooMany < 0 ? messages.length : Math.max(1, tooMany);
}
