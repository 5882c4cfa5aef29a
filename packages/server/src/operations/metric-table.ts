import type { HubStats } from "@openline/hub";
import type { WebhookState } from "../webhooks/webhook-service.ts";
import type { LoopDelay } from "./event-loop-delay.ts";

/** What the metrics are read from, at one moment. */
export interface Snapshot {
  readonly hub: HubStats;
  readonly ready: boolean;
  readonly webhook: WebhookState | undefined;
  /** What came over the broker without our signature. */
  readonly brokerRefused: number;
  readonly delay: LoopDelay;
  /** Answers over HTTP, by method and status. */
  readonly responses: ReadonlyMap<string, number>;
  /** Opening handshakes that were refused, by the problem's code. */
  readonly refusals: ReadonlyMap<string, number>;
}

/** One value of a metric: that of its label, or the only one. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** One metric. Its labels take their values from tables of ours: never from rooms, users or whatever else a client may choose. */
export interface MetricEntry {
  readonly name: string;
  readonly kind: "gauge" | "counter";
  readonly labels: readonly string[];
  readonly help: string;
  readonly read: (snapshot: Snapshot) => readonly Sample[];
  /** What the values of several workers make. Default: their sum. */
  readonly together?: "sum" | "min" | "max";
}

type Rest = readonly [help: string, read: (snapshot: Snapshot) => number];
const gauge = (name: string, ...[help, read]: Rest): MetricEntry => ({
  name,
  kind: "gauge",
  labels: [],
  help,
  read: (s) => [[{}, read(s)]],
});
const counter = (name: string, ...[help, read]: Rest): MetricEntry => ({ ...gauge(name, help, read), kind: "counter" });

function counters(
  name: string,
  label: string,
  help: string,
  read: (snapshot: Snapshot) => Iterable<readonly [string, number]>,
): MetricEntry {
  return { name, kind: "counter", labels: [label], help, read: (s) => [...read(s)].map(([of, value]) => [{ [label]: of }, value]) };
}

/** Every metric of `/metrics`, in its order. docs/operations.md shows the same table. */
export const metricTable: readonly MetricEntry[] = [
  {
    ...gauge("openline_ready", "1 while the server takes new clients, 0 while it drains or cannot reach its store", ({ ready }) =>
      Number(ready),
    ),
    together: "min",
  },
  gauge("openline_connections", "Open connections", ({ hub }) => hub.connections),
  gauge("openline_sessions", "Sessions, those included that wait for their client to come back", ({ hub }) => hub.sessions),
  counter(
    "openline_broker_refused_total",
    "What came over the broker without our signature (--broker-key-file)",
    ({ brokerRefused }) => brokerRefused,
  ),
  gauge("openline_rooms", "Rooms that this node follows", ({ hub }) => hub.rooms),
  gauge("openline_queued_bytes", "Bytes that wait in the hub for slow connections", ({ hub }) => hub.queuedBytes),
  gauge("openline_spilled_members", "Members that read from history what they were too slow for (policy spill)", ({ hub }) => hub.spilled),
  counter(
    "openline_messages_published_total",
    "Messages that were published on this node, stored or ephemeral",
    ({ hub }) => hub.published,
  ),
  counter("openline_messages_sent_total", "Messages of any kind handed to transports, once for each receiver", ({ hub }) => hub.sent),
  counters("openline_slow_readers_total", "policy", "Times that a slow-consumer policy began to bear on a connection", ({ hub }) =>
    Object.entries(hub.policies).map(([policy, { times }]) => [policy, times] as const),
  ),
  counters(
    "openline_slow_messages_total",
    "policy",
    "Stored messages that a policy left out, or read again from history (spill)",
    ({ hub }) => Object.entries(hub.policies).map(([policy, { messages }]) => [policy, messages] as const),
  ),
  counter(
    "openline_ephemeral_dropped_total",
    "Ephemeral messages that a slow connection had no room for",
    ({ hub }) => hub.droppedEphemerals,
  ),
  counter("openline_too_slow_total", "Connections closed with 4503, because they did not keep up", ({ hub }) => hub.tooSlow),
  counter("openline_spill_pages_total", "Pages of history read for members that fell back", ({ hub }) => hub.spillPages),
  counters("openline_recoveries_total", "recovered", "Joins with a position: whether all that was missed could be given", ({ hub }) => [
    ["true", hub.recovered],
    ["false", hub.notRecovered],
  ]),
  counter(
    "openline_insufficient_total",
    "Times that members of a room were told that they missed something",
    ({ hub }) => hub.insufficient,
  ),
  counters("openline_errors_total", "code", "Errors that clients were answered with, by code of the wire format", ({ hub }) =>
    Object.entries(hub.refused),
  ),
  counters(
    "openline_disconnects_total",
    "code",
    "Connections that ended, by close code; other: a code that is none of the hub's",
    ({ hub }) => Object.entries(hub.closed),
  ),
  counters(
    "openline_handshakes_refused_total",
    "code",
    "Opening handshakes that were refused, by the problem's code",
    ({ refusals }) => refusals,
  ),
  {
    name: "openline_http_responses_total",
    kind: "counter",
    labels: ["method", "status"],
    help: "Answers over HTTP; method is GET, POST or other",
    read: ({ responses }) =>
      [...responses].map(([key, value]) => {
        const [method = "", status = ""] = key.split(" ");
        return [{ method, status }, value];
      }),
  },
  gauge("openline_webhook_pending", "Events that wait to be delivered to the webhook", ({ webhook }) => webhook?.pending ?? 0),
  gauge(
    "openline_webhook_dead_letters",
    "Events that could not be delivered, kept to be looked at",
    ({ webhook }) => webhook?.deadLetters ?? 0,
  ),
  counter("openline_webhook_delivered_total", "Events that the webhook took", ({ webhook }) => webhook?.delivered ?? 0),
  counter("openline_webhook_failures_total", "Attempts to deliver that failed", ({ webhook }) => webhook?.failures ?? 0),
  counter("openline_webhook_dropped_total", "Events that were lost because the outbox was full", ({ webhook }) => webhook?.dropped ?? 0),
  {
    name: "openline_event_loop_delay_seconds",
    kind: "gauge",
    labels: ["quantile"],
    together: "max",
    help: "How late the event loop was in the last window of ten seconds; quantile 1 is the maximum",
    read: ({ delay: { p50Ms, p99Ms, maxMs } }) => [
      [{ quantile: "0.5" }, p50Ms / 1000],
      [{ quantile: "0.99" }, p99Ms / 1000],
      [{ quantile: "1" }, maxMs / 1000],
    ],
  },
  counter("process_cpu_seconds_total", "Processor time of the process, user and system", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }),
  gauge("process_resident_memory_bytes", "Resident memory of the process", () => process.memoryUsage.rss()),
  {
    ...gauge("process_start_time_seconds", "When the process began, in seconds since 1970", () =>
      Math.round(Date.now() / 1000 - process.uptime()),
    ),
    together: "min",
  },
];
