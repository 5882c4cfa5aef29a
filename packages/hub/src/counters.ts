import { closeTable, type ErrorCode } from "@openline/wire";
import type { SlowPolicy } from "./rules.ts";

/** What one slow-consumer policy has done. */
export interface PolicyCount {
  /** How many times it began to bear on a connection: closed it (`disconnect`), told it of a gap (`drop-oldest`, `latest`), let it fall back to its position (`spill`). */
  times: number;
  /** Stored messages that it left out (`drop-oldest`, `latest`), or read again from history (`spill`). */
  messages: number;
}

/** What a hub has done since it began, for metrics. */
export interface Counters {
  readonly policies: Readonly<Record<SlowPolicy, PolicyCount>>;
  /** Ephemeral messages that did not fit. */
  droppedEphemerals: number;
  /** Connections closed with 4503: by the policy of a room, or because answers did not fit. */
  tooSlow: number;
  /** Pages of history read for readers that fell back; one page serves all that stand within it. */
  spillPages: number;
  /** Messages that sessions of this node and the application published: stored ones once, and ephemeral ones. */
  published: number;
  /** Messages of any kind that were handed to transports, once for each receiver. */
  sent: number;
  /** Joins with a position that were given all that they missed. */
  recovered: number;
  /** Joins with a position that were told to reload. */
  notRecovered: number;
  /** How many times the members of a room here, or one of them, were told that they missed something. */
  insufficient: number;
  /** Errors that clients were answered with, by code. */
  readonly refused: Partial<Record<ErrorCode, number>>;
  /** Ends of connections by close code; `other`: codes that are none of the hub's. */
  readonly closed: Record<string, number>;
}

function zero(): PolicyCount {
  return { times: 0, messages: 0 };
}

/** All at zero. */
export function zeroCounters(): Counters {
  const policies = { disconnect: zero(), "drop-oldest": zero(), latest: zero(), spill: zero() };
  return {
    policies,
    droppedEphemerals: 0,
    tooSlow: 0,
    spillPages: 0,
    published: 0,
    sent: 0,
    recovered: 0,
    notRecovered: 0,
    insufficient: 0,
    refused: {},
    closed: {},
  };
}

/** The counts of now, which do not change any more. */
export function copyOf({ policies, refused, closed, ...counters }: Counters): Counters {
  const { disconnect, "drop-oldest": dropOldest, latest, spill } = policies;
  return {
    ...counters,
    refused: { ...refused },
    closed: { ...closed },
    policies: { disconnect: { ...disconnect }, "drop-oldest": { ...dropOldest }, latest: { ...latest }, spill: { ...spill } },
  };
}

/** One more answer with an error. */
export function countRefusal({ refused }: Counters, code: ErrorCode): void {
  refused[code] = (refused[code] ?? 0) + 1;
}

/** One more connection that ended. A client may choose among thousands of codes: only the hub's own are told apart. */
export function countClose({ closed }: Counters, code: number): void {
  const name = Object.hasOwn(closeTable, code) ? String(code) : "other";
  closed[name] = (closed[name] ?? 0) + 1;
}
