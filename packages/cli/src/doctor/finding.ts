/** How it stands: good, worth knowing, likely to hurt, or broken. */
export type Standing = Finding["standing"];

/** One thing that was looked at. */
export type Finding = GoodFinding | BadFinding;

/** What is good, or worth knowing. */
export interface GoodFinding {
  /** What was looked at, in a word or three. */
  readonly what: string;
  readonly standing: "ok" | "note";
  /** What was found, with its numbers. */
  readonly found: string;
  /** What it means for a server. */
  readonly means?: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** What is likely to hurt, or broken: always with what it means and what to do. */
export interface BadFinding {
  readonly what: string;
  readonly standing: "warning" | "fault";
  readonly found: string;
  readonly means: string;
  readonly remedy: string;
}
