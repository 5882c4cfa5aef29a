import type { OutgoingMessage } from "@openline/hub";
import { parseServerMessage, type ServerMessage } from "@openline/wire";
import { OncePerMessage } from "./once-per-message.ts";

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

const known = new OncePerMessage((text) => new Heard(text));

/** What a message says; the same object for the same message. */
export function heardIn(message: OutgoingMessage): Heard {
  return known.of(message);
}
