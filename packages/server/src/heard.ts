import type { OutgoingMessage } from "@openline/hub";
import { parseServerMessage, type ServerMessage } from "@openline/wire";

/** A message of the hub, read once for all doors that say it in words of their own. */
export class Heard {
  /** `undefined` when this version of the wire does not know it. */
  readonly message: ServerMessage | undefined;
  /** What event streams make of it. */
  eventText: string | undefined = undefined;

  constructor(text: string) {
    const parsed = parseServerMessage(text);
    this.message = parsed.ok ? parsed.message : undefined;
  }
}

// Not the message's own `frame`: that is WebSocket's, and a room may have readers behind several doors.
const known = new WeakMap<OutgoingMessage, Heard>();

/** What a message says; the same object for the same message. */
export function heardIn(message: OutgoingMessage): Heard {
  let heard = known.get(message);
  if (heard === undefined) {
    heard = new Heard(message.text);
    known.set(message, heard);
  }
  return heard;
}
