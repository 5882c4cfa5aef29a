import type { Page, StoredMessage } from "./broker.ts";
import type { Discontinuity } from "./hub-options.ts";
import { type Position, samePosition } from "./position.ts";

/** What was missed since a position: all of it, or why that cannot be proved. */
export type Missed =
  | { readonly continuous: true; readonly messages: readonly StoredMessage[] }
  | { readonly continuous: false; readonly why: Discontinuity };

/**
 * Whether a page that was read from `position.offset` on continues what ended at `position`, and with which messages. True only by proof:
 * the position is the top, or the kept message at its offset bears its tag, or the next kept one names it as its predecessor; and the page
 * has no hole up to its top (contract 2). The page must have been cut to the retention before.
 */
export function missedSince(page: Page, position: Position): Missed {
  const missed = continuation(page, position);
  if (!missed.continuous) return missed;
  const last = missed.messages.at(-1)?.position ?? position;
  return samePosition(last, page.top) ? missed : lost("expired");
}

/** Like {@link missedSince}, of a page that may end before the top: with what of the missed messages it has. */
export function continuation(page: Page, position: Position): Missed {
  if (page.top.epoch !== position.epoch) return lost("epoch");
  if (samePosition(page.top, position)) return { continuous: true, messages: [] };
  if (position.offset >= page.top.offset) return lost("rewritten");
  const first = page.messages[0];
  if (first === undefined) return lost("expired");
  if (first.position.offset === position.offset) {
    return samePosition(first.position, position) ? whole(page, page.messages.slice(1)) : lost("rewritten");
  }
  if (follows(first, position)) return whole(page, page.messages);
  return lost(page.floor > position.offset ? "expired" : "rewritten");
}

/** True when the message names `position` as the place right before it, or its engine vouches that nothing lies between. Only what lies above can follow. */
export function follows(message: StoredMessage, position: Position): boolean {
  const { previous, after } = message;
  if (message.position.epoch !== position.epoch || message.position.offset <= position.offset) return false;
  if (previous === undefined) return after !== undefined && samePosition(after, position);
  if (previous === null) return position.offset === 0;
  return samePosition(previous, position);
}

/** Never a partial replay: a page whose links break proves nothing. */
function whole(page: Page, messages: readonly StoredMessage[]): Missed {
  let last: Position | undefined;
  for (const message of messages) {
    // An engine that cannot name predecessors vouches for its pages being whole.
    const linked = last === undefined || message.previous === undefined || follows(message, last);
    if (!linked || message.position.epoch !== page.top.epoch) return lost("rewritten");
    last = message.position;
  }
  return { continuous: true, messages };
}

function lost(why: Discontinuity): Missed {
  return { continuous: false, why };
}
