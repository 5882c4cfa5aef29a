import type { BenchPlan, DriverShare } from "./bench-plan.ts";
import type { HistogramData } from "./latency-histogram.ts";

/** What the coordinator tells a driver. */
export type ToDriver =
  | { readonly type: "plan"; readonly plan: BenchPlan; readonly share: DriverShare }
  | { readonly type: "go" }
  | { readonly type: "stop" };

/** What a driver counted: since its last report, or in all. */
export interface Tally {
  /** Connections that were opened. */
  readonly opened: number;
  readonly open: number;
  readonly sent: number;
  readonly received: number;
  /** Came after the end. */
  readonly late: number;
  /** Never came: in the latency with the time until the driver stopped to wait. */
  readonly unanswered: number;
  /** Answers that were not what was sent, or came out of order. */
  readonly wrong: number;
  /** By their reason. */
  readonly failures: Readonly<Record<string, number>>;
  readonly latency: HistogramData;
}

/** What a driver tells the coordinator. */
export type FromDriver =
  | { readonly type: "ready" }
  | { readonly type: "tick"; readonly tally: Tally }
  | { readonly type: "done"; readonly tally: Tally; readonly strain: Strain }
  | { readonly type: "failed"; readonly reason: string };

/** How hard the driver itself had to work. */
export interface Strain {
  /** How much of its time its event loop was busy, 0 to 1. */
  readonly busy: number;
  /** How late its own messages left, behind their schedule. */
  readonly lateness: HistogramData;
}
