import { formatLimits } from "@openline/wire";

/**
 * What makes parsed JSON unfit to be sent on, `undefined` when nothing does. `JSON.parse` goes deeper than `JSON.stringify` can follow, and makes of 1e999 what would be sent on as
 * `null`: both have to be seen before the value is written again.
 */
export function dataFault(value: unknown, depth = 0): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) return "has a number beyond the range of a double";
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === formatLimits.dataDepth) return `nests deeper than the limit of ${formatLimits.dataDepth}`;
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const fault = dataFault(item, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
