/** Each power of two is parted into so many: a value is off by 1.6 % at most. */
const parts = 64;
const partBits = 6;

/** What a histogram is, as it goes from process to process: index and count by turns. */
export type HistogramData = readonly number[];

/**
 * Counts of times by their size, in microseconds. Histograms of several processes are added up before a percentile is taken: the mean of percentiles would be the percentile
 * of nothing.
 */
export class LatencyHistogram {
  readonly #counts = new Map<number, number>();
  #total = 0;
  #sum = 0;
  #highest = 0;

  static from(data: HistogramData): LatencyHistogram {
    const histogram = new LatencyHistogram();
    histogram.add(data);
    return histogram;
  }

  get count(): number {
    return this.#total;
  }

  /** Of the values as they are counted. */
  get meanMs(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total / 1000;
  }

  get highestMs(): number {
    return this.#highest / 1000;
  }

  record(ms: number): void {
    this.#put(indexOf(Math.max(0, Math.round(ms * 1000))), 1);
  }

  add(data: HistogramData): void {
    for (let index = 0; index + 1 < data.length; index += 2) this.#put(data[index] ?? 0, data[index + 1] ?? 0);
  }

  /** The value below which this share (0 to 1) of all lies, in milliseconds; 0 when there is none. */
  percentile(share: number): number {
    let left = Math.max(1, Math.ceil(this.#total * share));
    for (const index of [...this.#counts.keys()].toSorted((one, other) => one - other)) {
      left -= this.#counts.get(index) ?? 0;
      if (left <= 0) return valueOf(index) / 1000;
    }
    return 0;
  }

  toData(): HistogramData {
    return [...this.#counts].flat();
  }

  /** What was counted until now; then it is empty. */
  take(): HistogramData {
    const data = this.toData();
    this.#counts.clear();
    this.#total = 0;
    this.#sum = 0;
    this.#highest = 0;
    return data;
  }

  #put(index: number, count: number): void {
    if (count <= 0) return;
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + count);
    this.#total += count;
    this.#sum += valueOf(index) * count;
    this.#highest = Math.max(this.#highest, valueOf(index));
  }
}

/** Values below 64 have an index of their own; above, the six bits after the leading one count. */
function indexOf(microseconds: number): number {
  if (microseconds < parts) return microseconds;
  const exponent = Math.floor(Math.log2(microseconds)) - partBits;
  return (exponent + 1) * parts + (Math.floor(microseconds / 2 ** exponent) - parts);
}

/** The middle of what has this index. */
function valueOf(index: number): number {
  if (index < parts) return index;
  const exponent = Math.floor(index / parts) - 1;
  return (parts + (index % parts) + 0.5) * 2 ** exponent;
}
