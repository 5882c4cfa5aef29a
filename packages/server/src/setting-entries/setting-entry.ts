/** One setting as it is given from outside. */
export interface SettingEntry {
  /** Where it stands in the configuration file. */
  readonly path: readonly string[];
  /** The long flag of `openline serve`. */
  readonly flag: string;
  /** The environment variable. */
  readonly variable: string;
  /** What the text of a flag or variable is turned into. A list is separated by commas, and its flag may be repeated. */
  readonly kind: "text" | "number" | "switch" | "list";
  /** What stands for the value in the help. */
  readonly value?: string;
  /** What of it nobody may see: the whole value, or of an address user, password and query. */
  readonly secret?: "whole" | "address";
  /** What it does, for the help. */
  readonly help: string;
  /** The default as the help names it. */
  readonly fallback?: string;
}
