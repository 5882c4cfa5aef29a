import { graceMs } from "./bench-plan.ts";
import type { BenchResult } from "./bench-run.ts";

/** Whether the figures say something of the server. */
export type BenchVerdict =
  | { readonly kind: "measured"; readonly faults: readonly string[] }
  /** The bench itself was what stopped it: the figures are of the driver. */
  | { readonly kind: "no verdict"; readonly limits: readonly string[] };

/** From so busy a driver on its own queue is in what it measures. */
const mostBusy = 0.85;
/** Messages that leave later than this, one in a hundred, were not sent as planned. */
const mostLatenessMs = 20;

const driverLimits: Readonly<Record<string, string>> = {
  EMFILE: "file descriptors: the drivers could open no more (ulimit -n; openline doctor says how)",
  ENFILE: "file descriptors of the whole machine were used up",
  EADDRNOTAVAIL: "ports: all that this machine has for one address are in use (net.ipv4.ip_local_port_range)",
  "all connections of the bench are busy": "connections: too few for this rate; give more with --connections",
};

/** Looks at what stopped a run: the server, or the bench itself (R25). */
export function benchVerdict(result: BenchResult): BenchVerdict {
  const limits = limitsOf(result);
  return limits.length > 0 ? { kind: "no verdict", limits } : { kind: "measured", faults: faultsOf(result) };
}

function limitsOf({ failures, busy, lateness, drivers }: BenchResult): string[] {
  const limits = Object.keys(failures).flatMap((reason) => driverLimits[reason] ?? []);
  if (busy > mostBusy)
    limits.push(
      `the driver: a process was busy for ${Math.round(busy * 100)} % of its time; use more with --drivers ${drivers * 2}, or another machine`,
    );
  const late = lateness.percentile(0.99);
  if (late > mostLatenessMs)
    limits.push(
      `the driver: one message in a hundred left ${Math.round(late)} ms or more after its time; use more drivers, or a lower --rate`,
    );
  return limits;
}

const awaited = {
  echo: "messages were not answered",
  handshakes: "connections were not open",
  other: "connections were not back",
} as const;

/** Deliveries of a fan-out that did not come: of a hub to all, of another server at least to all but the sender. 0 where connections were lost, which is said anyway. */
function missingOf({ plan, sent, received, late, open }: BenchResult): number {
  if (plan.scenario !== "fan-out" || open < plan.connections) return 0;
  return Math.max(0, sent * (plan.connections - (plan.room === undefined ? 1 : 0)) - received - late);
}

function faultsOf(result: BenchResult): string[] {
  const { plan, failures, wrong, received, late, unanswered, sent, open } = result;
  const faults = Object.entries(failures).map(([reason, count]) => `${count.toLocaleString("en-US")} times: ${reason}`);
  if (wrong > 0) faults.push(`${wrong.toLocaleString("en-US")} messages came out of order, twice, or after one that was lost`);
  const what = plan.scenario === "echo" || plan.scenario === "handshakes" ? awaited[plan.scenario] : awaited.other;
  if (unanswered > 0) faults.push(`${unanswered.toLocaleString("en-US")} ${what} ${graceMs / 1000} s after the end`);
  const missing = missingOf(result);
  if (missing > 0) faults.push(`${missing.toLocaleString("en-US")} deliveries had not come ${graceMs / 1000} s after the end`);
  if (sent > 0 && received + late === 0)
    faults.push(plan.room === undefined ? "nothing came back: does this server echo, or send to all?" : "nothing came back");
  if (plan.scenario === "idle" && open < plan.connections)
    faults.push(`${plan.connections - open} of ${plan.connections} connections are gone`);
  return faults;
}
