import { Client, ClientError } from "@openline/client";
import { CommandFailure } from "../failure.ts";
import { type BrokerFault, brokerFaults } from "./redis-control.ts";

/** What `openline verify` does, read from its flags. */
export interface VerifySettings {
  /** The hubs' addresses; clients are spread over them. */
  readonly urls: readonly string[];
  readonly seed: number;
  readonly clients: number;
  readonly rooms: number;
  readonly durationMs: number;
  /** Publishes per second, by all clients together. */
  readonly rate: number;
  readonly messageBytes: number;
  readonly unrest: boolean;
  readonly token: string | undefined;
  readonly apiKey: string | undefined;
  readonly broker: string | undefined;
  readonly brokerFaults: readonly BrokerFault[];
  readonly json: boolean;
  /** Where the observations are written, for whoever wants to look closer. */
  readonly save: string | undefined;
}

/** The parsed flags of `openline verify`, by their long name without dashes. */
export type VerifyFlags = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** @throws CommandFailure (2) that names the flag, the value and what it may be */
export function readVerifySettings(flags: VerifyFlags, environment: Readonly<Record<string, string | undefined>>): VerifySettings {
  const faults = listIn(flags, "broker-fault").map(checkedFault);
  // Its password need not stand in the process list; but a variable that is there for `serve` alone allows nothing.
  const broker = textIn(flags, "broker") ?? (faults.length > 0 ? environment["OPENLINE_BROKER"] : undefined);
  if (faults.length > 0 && broker === undefined) throw new CommandFailure("--broker-fault needs --broker: which Redis?", 2);
  if (broker !== undefined && !/^rediss?:\/\/./.test(broker))
    throw new CommandFailure(`--broker must be an address like redis://127.0.0.1:6379, not ${JSON.stringify(broker)}`, 2);
  return {
    urls: listIn(flags, "url").map(checkedUrl),
    seed: numberIn(flags, "seed", 0, 2 ** 31 - 1) ?? Math.floor(Math.random() * 1_000_000),
    clients: numberIn(flags, "clients", 2, 1_000) ?? 20,
    rooms: numberIn(flags, "rooms", 1, 100) ?? 3,
    durationMs: durationIn(textIn(flags, "duration") ?? "10s"),
    rate: numberIn(flags, "rate", 1, 100_000) ?? 200,
    messageBytes: numberIn(flags, "message-bytes", 0, 60_000) ?? 100,
    unrest: flags["calm"] !== true,
    token: textIn(flags, "token") ?? environment["OPENLINE_TOKEN"],
    apiKey: textIn(flags, "api-key") ?? environment["OPENLINE_API_KEY"],
    broker,
    brokerFaults: faults,
    json: flags["json"] === true,
    save: textIn(flags, "save"),
  };
}

function textIn(flags: VerifyFlags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

function listIn(flags: VerifyFlags, name: string): readonly string[] {
  const value = flags[name];
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map(String) : [];
}

function numberIn(flags: VerifyFlags, name: string, least: number, most: number): number | undefined {
  const text = textIn(flags, name);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new CommandFailure(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`, 2);
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const mostMs = 24 * 3_600_000;

function durationIn(text: string): number {
  const [, digits = "", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = digits === "" ? Number.NaN : Number(digits) * (unitMs[unit] ?? Number.NaN);
  if (ms >= 1_000 && ms <= mostMs) return ms;
  throw new CommandFailure(`--duration must be a time from 1s to 24h, such as 30s or 5m, not ${JSON.stringify(text)}`, 2);
}

function checkedFault(name: string): BrokerFault {
  const known = brokerFaults.find((fault) => fault === name);
  if (known !== undefined) return known;
  throw new CommandFailure(`--broker-fault must be one of ${brokerFaults.join(", ")}, not ${JSON.stringify(name)}`, 2);
}

/** Read as the SDK reads it: http(s) is as good as ws(s), and `/hub` is added where it is missing. */
function checkedUrl(url: string): string {
  try {
    return new Client(url, { autoConnect: false }).url;
  } catch (error) {
    throw error instanceof ClientError ? new CommandFailure(`--url: ${error.message}`, 2) : error;
  }
}
