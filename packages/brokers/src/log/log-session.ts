import type { EngineSession } from "../engine-link.ts";

/** A record as it lies in a partition. Offsets rise; they need not be dense. */
export interface LogRecord {
  readonly offset: number;
  readonly text: string;
}

/** Where a partition stands. */
export interface LogBounds {
  /** The oldest record that is kept, or `next` when none is. */
  readonly first: number;
  /** One more than the newest record. */
  readonly next: number;
}

/**
 * A connection to an engine that is a log: all that the log-tail engine asks of RabbitMQ's streams or of Kafka. Partition 0 is that of the
 * system's rooms, the others hold all other rooms. The link's `lost` is called when the tail of any partition breaks.
 */
export interface LogSession extends EngineSession {
  /** Which records a partition keeps. */
  bounds(partition: number): Promise<LogBounds>;
  /**
   * Hears all records of a partition from an offset on, in order, each once; or from about a moment on (milliseconds since 1970), rather earlier than
   * later. A later call for the partition takes the place of the earlier one.
   */
  tail(
    partition: number,
    from: { readonly offset: number } | { readonly since: number },
    hear: (records: readonly LogRecord[]) => void,
  ): Promise<void>;
  /** Appends; calls keep their order. Resolves when the engine has acknowledged it, rejects when nobody knows. */
  append(partition: number, text: string): Promise<void>;
  /** Tells all nodes, this one included, in the order of the calls; nothing is kept, and it may get lost. */
  signal(text: string): void;
}

/** What a session tells. */
export interface LogEvents {
  signal(text: string): void;
  lost(error: unknown): void;
}

/** Connects; gives up and closes what is open when the signal says so. */
export type OpenLog = (events: LogEvents, signal: AbortSignal) => Promise<LogSession>;
