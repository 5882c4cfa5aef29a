import { AggregatorRegistry, type PrometheusContentType, type Registry } from "prom-client";

/** The metrics of one process as the library hands them to another. */
export type MetricsJson = readonly object[];

/**
 * Adds up the metrics of several workers. What a worker counted stays counted when it is gone, as far as it was last seen: a sum that fell would look like
 * a restart to Prometheus.
 */
export class MetricSum {
  readonly #last = new Map<number, MetricsJson>();
  #gone: MetricsJson = [];
  #parting: Promise<void> = Promise.resolve();

  /** What a worker shows now. */
  saw(worker: number, metrics: MetricsJson): void {
    this.#last.set(worker, metrics);
  }

  /** The worker is gone: only its counters stay. */
  gone(worker: number): void {
    const counters = (this.#last.get(worker) ?? []).filter(isCounter);
    this.#last.delete(worker);
    this.#parting = this.#keep(this.#parting, counters);
  }

  /** The sum of what was last seen of each worker, with those that are gone, and `more`, in the text format of Prometheus. */
  async text(more: MetricsJson): Promise<string> {
    await this.#parting;
    return await sumOf([...this.#last.values(), this.#gone, more]).metrics();
  }

  async #keep(earlier: Promise<void>, counters: MetricsJson): Promise<void> {
    await earlier;
    this.#gone = await sumOf([this.#gone, counters]).getMetricsAsJSON();
  }
}

function sumOf(all: readonly MetricsJson[]): Registry {
  // The library wants arrays that it may change; it does not change them.
  return AggregatorRegistry.aggregate<PrometheusContentType>(all.filter((metrics) => metrics.length > 0).map((metrics) => metrics.slice()));
}

function isCounter(metric: object): boolean {
  return "type" in metric && metric.type === "counter";
}
