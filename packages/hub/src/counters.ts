/** What a hub has done since it began, for metrics. */
export interface Counters {
  /** Stored messages that `drop-oldest` and `latest` left out. */
  droppedMessages: number;
  /** Ephemeral messages that did not fit. */
  droppedEphemerals: number;
  /** How many times a client was told of a gap. */
  gaps: number;
  /** Connections closed with 4503. */
  tooSlow: number;
  /** How many times a reader fell back to its position (`spill`). */
  spills: number;
  /** Pages of history read for such readers; one page serves all that stand within it. */
  spillPages: number;
}

/** All at zero. */
export function zeroCounters(): Counters {
  return { droppedMessages: 0, droppedEphemerals: 0, gaps: 0, tooSlow: 0, spills: 0, spillPages: 0 };
}
