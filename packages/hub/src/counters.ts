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
}

function zero(): PolicyCount {
  return { times: 0, messages: 0 };
}

/** All at zero. */
export function zeroCounters(): Counters {
  const policies = { disconnect: zero(), "drop-oldest": zero(), latest: zero(), spill: zero() };
  return { policies, droppedEphemerals: 0, tooSlow: 0, spillPages: 0 };
}

/** The counts of now, which do not change any more. */
export function copyOf({ policies, ...counters }: Counters): Counters {
  const { disconnect, "drop-oldest": dropOldest, latest, spill } = policies;
  return {
    ...counters,
    policies: { disconnect: { ...disconnect }, "drop-oldest": { ...dropOldest }, latest: { ...latest }, spill: { ...spill } },
  };
}
