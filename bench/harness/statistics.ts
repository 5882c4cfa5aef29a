/** What several rounds of one figure amount to. */
export interface Summary {
  readonly rounds: number;
  readonly lowest: number;
  readonly median: number;
  readonly highest: number;
  /** How far the median lies above the lowest, as a share of it. Other work on the machine only ever adds to a cost, so this is the noise. */
  readonly noise: number;
}

/** The middle value; of an even number of values the mean of the two in the middle. @throws RangeError without values */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("no values: there is no median");
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Undefined when no round gave the figure. */
export function summarize(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined;
  const lowest = Math.min(...values);
  const middle = median(values);
  return { rounds: values.length, lowest, median: middle, highest: Math.max(...values), noise: lowest > 0 ? middle / lowest - 1 : 0 };
}
