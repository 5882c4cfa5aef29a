import { type AccessOptions, type Broker, guardsInTurn, Hub, type HubActivity, type HubGuard } from "@openline/hub";
import { ApplicationGuard } from "./hooks-ask.ts";
import { hubLog } from "./hub-log.ts";
import type { Logger } from "./log.ts";
import { randomIds } from "./random-ids.ts";
import type { Settings } from "./settings.ts";
import { systemClock } from "./system-clock.ts";

/** Who may come in, and what the application has to say in the hub. */
export interface Application {
  readonly access: AccessOptions;
  /** Asked first; then the address that the settings name, if they do. */
  readonly guard: HubGuard;
  readonly observe: (activity: HubActivity) => void;
}

/** The hub of a server with these settings. `broker` undefined: its rooms live in its memory. */
export function createHub(settings: Settings, log: Logger, broker: Broker | undefined, application: Application): Hub {
  const { history, rooms, limits, heartbeat, sessionTtlMs } = settings;
  const { messageBytes, messagesPerSecond, outboundBytes, roomsPerConnection, rooms: maxRooms } = limits;
  return new Hub({
    ...application,
    guard: guardsInTurn([application.guard, ...applicationGuards(settings, log)]),
    clock: systemClock,
    ids: randomIds,
    // Several nodes may share it: each has its own name.
    ...(broker !== undefined && { broker, node: `n${randomIds.tag()}` }),
    rules: { history },
    roomRules: rooms,
    limits: { messageBytes, roomsPerConnection },
    outboundBytes,
    maxRooms,
    ...(messagesPerSecond !== undefined && { messageRate: { messages: messagesPerSecond, perMs: 1000 } }),
    heartbeat,
    sessionTtlMs,
    log: hubLog(log),
  });
}

function applicationGuards({ ask: { url, ...rules } }: Settings, log: Logger): HubGuard[] {
  return url === undefined ? [] : [new ApplicationGuard({ ...rules, url, log })];
}
