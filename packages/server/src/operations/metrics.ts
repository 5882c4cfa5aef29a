import { zeroCounters } from "@openline/hub";
import { Counter, Gauge, Registry } from "prom-client";
import type { WebhookState } from "../webhooks/webhook-service.ts";
import { EventLoopDelay } from "./event-loop-delay.ts";
import { type MetricEntry, metricTable, type Sample, type Snapshot } from "./metric-table.ts";

/** Whose metrics the primary of several workers has itself. */
const primaryMetrics = /^(?:process|openline_webhook|openline_event_loop)_/;

const noHub: Snapshot["hub"] = { connections: 0, sessions: 0, rooms: 0, queuedBytes: 0, spilled: 0, ...zeroCounters() };

/** What {@link Metrics} asks of the server. */
export type MetricsSource = () => Pick<Snapshot, "hub" | "ready" | "webhook" | "brokerRefused">;

/** The numbers of one server for Prometheus. Nothing is counted twice: what the hub counts is read when somebody asks. */
export class Metrics {
  readonly delay: EventLoopDelay = new EventLoopDelay();
  readonly #source: MetricsSource;
  readonly #registry = new Registry();
  readonly #responses = new Map<string, number>();
  readonly #refusals = new Map<string, number>();

  constructor(source: MetricsSource, entries: readonly MetricEntry[] = metricTable) {
    this.#source = source;
    for (const entry of entries) this.#register(entry);
  }

  /** Those of a process that serves nobody itself, but delivers the webhook of its workers. */
  static ofPrimary(webhook: () => WebhookState | undefined): Metrics {
    const entries = metricTable.filter(({ name }) => primaryMetrics.test(name));
    return new Metrics(() => ({ hub: noHub, ready: true, webhook: webhook(), brokerRefused: 0 }), entries);
  }

  /** One more answer over HTTP. */
  countResponse(method: string, status: number): void {
    count(this.#responses, `${method === "GET" || method === "POST" ? method : "other"} ${status}`);
  }

  /** One more opening handshake that was refused, with the problem's code. */
  countRefusal(code: string): void {
    count(this.#refusals, code);
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All of them, in the text format of Prometheus. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  /** All of them, as the library hands them to another process. */
  async json(): Promise<readonly object[]> {
    return await this.#registry.getMetricsAsJSON();
  }

  #snapshot(): Snapshot {
    return { ...this.#source(), delay: this.delay.last, responses: this.#responses, refusals: this.#refusals };
  }

  #register({ name, kind, help, labels, read, together = "sum" }: MetricEntry): void {
    const shared = { name, help, labelNames: labels, aggregator: together };
    const samples = (): readonly Sample[] => read(this.#snapshot());
    // Its text is all that is wanted of a metric: the registry keeps it.
    this.#registry.registerMetric(kind === "gauge" ? shownGauge(shared, samples) : shownCounter(shared, samples));
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

interface Shown {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly aggregator: "sum" | "min" | "max";
}

function shownGauge(shared: Shown, samples: () => readonly Sample[]): Gauge {
  return new Gauge({
    ...shared,
    registers: [],
    collect() {
      for (const [labels, value] of samples()) this.set(labels, value);
    },
  });
}

/** The count is kept elsewhere: here it is only shown. */
function shownCounter(shared: Shown, samples: () => readonly Sample[]): Counter {
  return new Counter({
    ...shared,
    registers: [],
    collect() {
      this.reset();
      for (const [labels, value] of samples()) this.inc(labels, value);
    },
  });
}
