import type { Figure } from "./results.ts";

/** What has to be reached: `atMost` as a ratio to `ws` with bufferutil in the same run, or as a figure of its own. */
export interface Goal {
  readonly workload: string;
  readonly contestant: string;
  readonly figure: Figure;
  readonly atMost: number;
  readonly kind: "ratio" | "absolute";
  /** What it is about, where the workload's title does not say it. */
  readonly note?: string;
}

const cost = (workload: string, atMost: number): Goal => ({
  workload,
  contestant: "openline",
  figure: "serverMicroseconds",
  atMost,
  kind: "ratio",
});

export const goals: readonly Goal[] = [
  cost("echo-20", 0.79),
  cost("echo-20-32", 0.053),
  cost("echo-1k", 0.16),
  cost("echo-16k", 0.44),
  cost("echo-1m", 1),
  { ...cost("echo-1m", 0.75), contestant: "openline-view", note: 'messages: "view"' },
  cost("wss-1k", 1),
  cost("fanout-1000", 0.77),
  cost("fanout-200", 0.25),
  cost("fanout-10000", 1),
  cost("handshake", 0.41),
  cost("deflate-1k", 0.38),
  { workload: "deflate-1k", contestant: "openline", figure: "wireRatio", atMost: 1.2, kind: "ratio", note: "bytes on the line" },
  {
    workload: "idle",
    contestant: "openline-http",
    figure: "bytesPerConnection",
    atMost: 3500,
    kind: "absolute",
    note: "on an http server",
  },
  { workload: "idle", contestant: "openline", figure: "bytesPerConnection", atMost: 2200, kind: "absolute", note: "on its own port" },
  { workload: "idle-heartbeat", contestant: "openline", figure: "idleMicrosecondsPerSecond", atMost: 1, kind: "ratio" },
];
