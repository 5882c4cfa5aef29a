import { defaultLimits, type Limits } from "@openline/wire";
import type { AccessOptions } from "./access/identity.ts";
import type { Deed } from "./activity.ts";
import type { Broker } from "./broker.ts";
import type { Clock } from "./clock.ts";
import { type Counters, zeroCounters } from "./counters.ts";
import type { HubGuard } from "./guard.ts";
import { type HeartbeatRules, heartbeatRules } from "./heartbeat.ts";
import type { HubEvent, HubOptions } from "./hub-options.ts";
import type { IdSource } from "./id-source.ts";
import { MemoryBroker } from "./memory-broker.ts";
import { RuleBook } from "./rule-book.ts";
import type { Rate } from "./rules.ts";

/** {@link HubOptions} with every default filled in: what the parts of a hub share. */
export interface Settings {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly broker: Broker;
  readonly ownsBroker: boolean;
  readonly rules: RuleBook;
  readonly access: AccessOptions | undefined;
  readonly messageRate: Rate | undefined;
  readonly counters: Counters;
  readonly limits: Limits;
  readonly sessionTtlMs: number;
  readonly rejoinGraceMs: number;
  readonly awayGraceMs: number;
  readonly presenceAtOnce: number;
  readonly presenceBatchMs: number;
  readonly connectTimeoutMs: number;
  readonly outboundBytes: number;
  readonly pendingBytes: number;
  readonly heldBytes: number;
  readonly positionCheckMs: number;
  readonly random: () => number;
  readonly heartbeat: HeartbeatRules;
  readonly node: string;
  readonly guard: HubGuard;
  /** Tells what was done, with the time. */
  readonly observe: (deed: Deed) => void;
  readonly log: (event: HubEvent) => void;
}

export function settingsOf(options: HubOptions): Settings {
  const { clock, ids } = options;
  const log = safely(options.log ?? (() => {}));
  return {
    clock,
    ids,
    broker: options.broker ?? new MemoryBroker({ clock, ids, maxRooms: options.maxRooms }),
    ownsBroker: options.broker === undefined,
    rules: new RuleBook(options.rules, options.roomRules),
    access: options.access,
    messageRate: options.messageRate,
    counters: zeroCounters(),
    limits: Object.freeze({ ...defaultLimits, ...options.limits }),
    sessionTtlMs: options.sessionTtlMs ?? 60_000,
    rejoinGraceMs: options.rejoinGraceMs ?? 5_000,
    awayGraceMs: options.awayGraceMs ?? 5_000,
    presenceAtOnce: options.presenceAtOnce ?? 20,
    presenceBatchMs: options.presenceBatchMs ?? 1_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    outboundBytes: options.outboundBytes ?? 1024 * 1024,
    pendingBytes: options.pendingBytes ?? 1024 * 1024,
    heldBytes: options.heldBytes ?? 4 * 1024 * 1024,
    positionCheckMs: options.positionCheckMs ?? 30_000,
    random: options.random ?? Math.random,
    heartbeat: heartbeatRules(options.heartbeat),
    node: options.node ?? "n1",
    guard: options.guard ?? {},
    observe: observer(options, log),
    log,
  };
}

/** An observer that throws must not take the hub along. */
function observer({ observe, clock }: HubOptions, log: (event: HubEvent) => void): (deed: Deed) => void {
  if (observe === undefined) return () => {};
  return (deed) => {
    try {
      observe({ ...deed, time: clock.now() });
    } catch (error) {
      log({ type: "fault", error });
    }
  };
}

/** A log that throws must not take the hub along. */
function safely(log: (event: HubEvent) => void): (event: HubEvent) => void {
  return (event) => {
    try {
      log(event);
    } catch {
      // There is nowhere left to tell it.
    }
  };
}
