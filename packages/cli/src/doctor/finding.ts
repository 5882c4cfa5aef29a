/** How it stands: good, worth knowing, likely to hurt, or broken. */
export type Standing = "ok" | "note" | "warning" | "fault";

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, in a word or three. */
  readonly what: string;
  readonly standing: Standing;
  /** What was found, with its numbers. */
  readonly found: string;
  /** What it means for a server. */
  readonly means?: string;
  /** What to do about it. */
  readonly remedy?: string;
}
