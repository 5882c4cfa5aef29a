import type { Listening } from "@openline/server";

/** What serves: a server of this process, or workers. */
export interface Serving {
  listen(): Promise<Listening>;
  close(): Promise<void>;
  /** Before this process is ended at once. */
  readonly kill: () => void;
  /** Resolves when another process has taken its place, and it is closed. */
  readonly handedOver?: Promise<void>;
}
