import type { Logger } from "./log.ts";

/** The connection whose messages are handled under a guard. */
export interface GuardedConnection {
  /** Its id in logs. */
  readonly id: string;
  readonly remoteAddress: string | undefined;
  readonly log: Pick<Logger, "error">;
  readonly close: (code: number, reason: string) => void;
}

/** Returns what runs each act of a connection: a fault in the handling of one message ends the connection that it came on, never the process. */
export function actGuard({ id: connection, remoteAddress, log, close }: GuardedConnection): (act: () => void) => void {
  return (act) => {
    try {
      act();
    } catch (error) {
      log.error({ err: error, connection, remoteAddress }, "a message could not be handled");
      close(1011, "internal");
    }
  };
}
