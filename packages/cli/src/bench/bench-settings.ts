import { availableParallelism } from "node:os";
import { CommandFailure } from "../failure.ts";
import type { ServeFlags } from "../serve.ts";
import type { Terminal } from "../terminal.ts";
import { timeSpan } from "../time-span.ts";
import { listOf, textOf } from "../token/create-token.ts";
import { type BenchPlan, type Scenario, scenarios } from "./bench-plan.ts";

/** What `openline bench` was asked for. */
export interface BenchSettings {
  readonly plan: BenchPlan;
  readonly drivers: number;
  /** The second server. */
  readonly compare: string | undefined;
  readonly rounds: number;
  readonly report: string | undefined;
  readonly json: boolean;
}

/** @throws CommandFailure that names the flag, what is allowed and what came */
export function readBenchSettings(url: string, flags: ServeFlags, environment: Terminal["environment"]): BenchSettings {
  const room = textOf(flags, "room");
  const scenario = scenarioIn(textOf(flags, "scenario") ?? "echo");
  const connections = numberIn(flags, "connections", 100, 1, 1_000_000);
  const cores = Math.max(1, Math.min(8, availableParallelism() - 1));
  const drivers = Math.min(connections, numberIn(flags, "drivers", cores, 1, 256));
  const compare = textOf(flags, "compare");
  return {
    plan: {
      url: addressIn(url, room !== undefined),
      scenario,
      connections,
      durationMs: timeSpan("duration", textOf(flags, "duration") ?? "10s", { least: "1s", most: "24h" }),
      ratePerSecond: flags["rate"] === undefined ? undefined : numberIn(flags, "rate", 1, 0.01, 10_000_000),
      bytes: numberIn(flags, "bytes", 64, 64, 1_048_576),
      inFlight: numberIn(flags, "in-flight", 1, 1, 10_000),
      room,
      headers: Object.fromEntries(listOf(flags, "header").map(fieldIn)),
      subprotocols: room === undefined ? listOf(flags, "subprotocol") : ["openline.v1"],
      token: textOf(flags, "token") ?? environment["OPENLINE_TOKEN"],
      openRate: numberIn(flags, "open-rate", 500, 1, 100_000),
      compression: flags["compression"] === true,
      slowShare: numberIn(flags, "slow-share", 0.1, 0, 1),
      insecure: flags["insecure"] === true,
    },
    drivers,
    compare: compare === undefined ? undefined : addressIn(compare, room !== undefined),
    rounds: numberIn(flags, "rounds", 3, 1, 100),
    report: textOf(flags, "report"),
    json: flags["json"] === true,
  };
}

function scenarioIn(name: string): Scenario {
  const known = scenarios.find((scenario) => scenario === name);
  if (known !== undefined) return known;
  throw new CommandFailure(`--scenario must be one of ${scenarios.join(", ")}, not ${JSON.stringify(name)}`, 2);
}

const whole = new Set(["connections", "drivers", "bytes", "in-flight", "open-rate", "rounds"]);

function numberIn(flags: ServeFlags, name: string, fallback: number, least: number, most: number): number {
  const text = textOf(flags, name);
  if (text === undefined) return fallback;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (value >= least && value <= most && (!whole.has(name) || Number.isInteger(value))) return value;
  const kind = whole.has(name) ? "a whole number" : "a number";
  throw new CommandFailure(
    `--${name} must be ${kind} from ${least.toLocaleString("en-US")} to ${most.toLocaleString("en-US")}, not ${JSON.stringify(text)}`,
    2,
  );
}

function addressIn(text: string, isHub: boolean): string {
  try {
    const url = new URL(text);
    if (url.protocol === "http:" || url.protocol === "https:") url.protocol = url.protocol.replace("http", "ws");
    if (isHub && !url.pathname.endsWith("/hub")) url.pathname = `${url.pathname.replace(/\/$/, "")}/hub`;
    if (url.protocol === "ws:" || url.protocol === "wss:") return url.href;
  } catch {
    // Said below.
  }
  throw new CommandFailure(`the address must begin with ws://, wss://, http:// or https://, not ${JSON.stringify(text)}`, 2);
}

function fieldIn(text: string): [string, string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(text);
  if (match === null) throw new CommandFailure(`--header must be NAME: VALUE, not ${JSON.stringify(text)}`, 2);
  return [match[1] ?? "", match[2] ?? ""];
}
