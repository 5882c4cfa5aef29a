import type { Signal, StoredMessage } from "./broker.ts";
import { encodePosition } from "./position.ts";

/** The `content` of a message: what does not depend on its position. Fields that are `undefined` are left out. */
export function contentOf(dataText: string, id: string | undefined, author: string): string {
  return `"data":${dataText}${id === undefined ? "" : `,"id":${JSON.stringify(id)}`}${author}`;
}

/** The part of `content` that says who published: made once per session. */
export function authorOf(user: string | undefined, session: string | undefined): string {
  return `${user === undefined ? "" : `,"user":${JSON.stringify(user)}`}${session === undefined ? "" : `,"session":${JSON.stringify(session)}`}`;
}

/** The text of a stored message, `roomText` being the room's name as JSON. Put together, not encoded: `content` is JSON already. */
export function storedText(roomText: string, message: StoredMessage): string {
  return `{"type":"message","room":${roomText},${fieldsText(message)}}`;
}

/** The answer to a request for history, as text. */
export function historyText(head: { ref: number; room: string }, messages: readonly StoredMessage[], complete: boolean): string {
  const list = messages.map(entryText).join(",");
  return `{"type":"history","ref":${head.ref},"room":${JSON.stringify(head.room)},"messages":[${list}],"complete":${complete}}`;
}

/** The fields of a message in a history as a JSON object. */
export function entryText(message: StoredMessage): string {
  return `{${fieldsText(message)}}`;
}

function fieldsText(message: StoredMessage): string {
  const { previous } = message;
  const link = previous === undefined ? "" : `,"previous":${previous === null ? "null" : `"${encodePosition(previous)}"`}`;
  return `"position":"${encodePosition(message.position)}"${link},${message.content},"time":${message.time}`;
}

/** The text of a direct message. */
export function directText(signal: Signal): string {
  return `{"type":"direct",${signal.content},"time":${signal.time}}`;
}

/** The text of an ephemeral message. */
export function signalText(roomText: string, signal: Signal): string {
  return `{"type":"ephemeral","room":${roomText},${signal.content},"time":${signal.time}}`;
}

/**
 * A short stand-in for a text, to see whether a repeated publish has the same data: its length and 64 bits of hash. No secret rests on it:
 * who finds two texts with one fingerprint deceives only themselves.
 */
export function fingerprint(text: string): string {
  let one = 0x811c9dc5;
  let two = 0x1b873593;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    one = Math.imul(one ^ unit, 0x01000193);
    two = Math.imul(two ^ unit, 0x85ebca6b);
    two ^= two >>> 13;
  }
  return `${text.length}.${(one >>> 0).toString(36)}.${(two >>> 0).toString(36)}`;
}
