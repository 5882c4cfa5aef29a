import { CommandFailure } from "./failure.ts";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The bounds of a time that a flag takes, as users write them. */
export interface SpanBounds {
  readonly least: string;
  readonly most: string;
}

/**
 * Milliseconds of a time such as `30s`, `5m`, `2h` or `7d`; a number alone is seconds.
 * @throws CommandFailure that names the flag, the bounds and what came
 */
export function timeSpan(flag: string, text: string, { least, most }: SpanBounds): number {
  const ms = read(text);
  if (ms !== undefined && ms >= (read(least) ?? 0) && ms <= (read(most) ?? Number.POSITIVE_INFINITY)) return ms;
  throw new CommandFailure(`--${flag} must be a time from ${least} to ${most}, such as 30s, 5m or 2h, not ${JSON.stringify(text)}`, 2);
}

function read(text: string): number | undefined {
  const [, digits, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (unitMs[unit] ?? Number.NaN);
}

/** A time for people: its two largest units. */
export function spanText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.length === 0 ? "0 s" : shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}
