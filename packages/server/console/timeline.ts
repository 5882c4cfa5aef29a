/** A stored message of the room, as it is shown. */
export interface Settled {
  readonly position: string;
  readonly data: unknown;
  readonly time: number;
  readonly mine: boolean;
  readonly user?: string;
  readonly session?: string;
}

/** One's own message on its way: waiting for a connection, sent to the hub, stored by it, or given up. */
export type OutgoingState = "waiting" | "sending" | "stored" | "failed";

export interface Outgoing {
  readonly id: string;
  readonly data: unknown;
  readonly time: number;
  readonly state: OutgoingState;
  /** Why it failed. */
  readonly reason?: string;
}

/** What a message says: words of a person, or any other JSON value in its notation. */
export type Body = { readonly kind: "text"; readonly text: string } | { readonly kind: "json"; readonly text: string };

const groupMs = 5 * 60_000;

/** The words of a message: a string, or an object with a string `text`; any other value as JSON. */
export function bodyOf(data: unknown): Body {
  if (typeof data === "string") return { kind: "text", text: data };
  if (typeof data === "object" && data !== null && "text" in data && typeof data.text === "string")
    return { kind: "text", text: data.text };
  return { kind: "json", text: JSON.stringify(data, null, 2) };
}

/** Who said it; messages published over HTTP have no session and often no user. */
export function authorOf(message: Settled): string {
  return message.user ?? (message.session === undefined ? "HTTP API" : "Guest");
}

/** Whether a message goes under the author's line of the one before it: same voice, within five minutes, on the same day. */
export function continues(before: Settled | undefined, next: Settled): boolean {
  if (before === undefined || before.session !== next.session || before.user !== next.user) return false;
  return next.time - before.time < groupMs && sameDay(before.time, next.time);
}

export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** The line over a day's first message. */
export function dayLabel(time: number, now: number, locale?: string): string {
  if (sameDay(time, now)) return "Today";
  // 36 hours back from noon of today is yesterday on days of 23 and of 25 hours too.
  const noon = new Date(now).setHours(12, 0, 0, 0);
  if (sameDay(time, noon - 86_400_000)) return "Yesterday";
  return new Intl.DateTimeFormat(locale, { dateStyle: "full" }).format(time);
}

/** What a return to the room brought: the messages that were missed, or no continuity, after which everything shown before is void. */
export type Return = { readonly recovered: true; readonly replay: number } | { readonly recovered: false };

/** What is said where the room left messages out for a line that was too slow. */
export function missedText(count: number): string {
  return `You missed ${count === 1 ? "1 message" : `${count} messages`}: your line was too slow.`;
}

/** The truth about a return, for the screen. */
export function returnText(back: Return): string {
  // The wire tells no more: a position must not be taken apart to find out which of the two it was.
  if (!back.recovered) return "The server has no memory of where you were (a new epoch, or too long ago): what it keeps is loaded anew.";
  if (back.replay === 0) return "Back again: nothing was missed.";
  return back.replay === 1 ? "Recovered: 1 missed message." : `Recovered: ${back.replay} missed messages.`;
}
