import type { Revocation } from "./access/identity.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";

/** The connections of this node that are not closed. */
export class Connections {
  readonly #clock: Clock;
  readonly #open = new Set<Connection>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Bytes that wait in the hub for slow ones. */
  get queuedBytes(): number {
    let bytes = 0;
    for (const connection of this.#open) bytes += connection.queuedBytes;
    return bytes;
  }

  add(connection: Connection): void {
    this.#open.add(connection);
  }

  /** For one that is closed. */
  delete(connection: Connection): void {
    this.#open.delete(connection);
  }

  /** Closes them all at once. */
  close(code: number, reason: string): void {
    for (const connection of this.#open) connection.close(code, reason);
  }

  /** Ends those of now one after another by `end`, spread evenly over `spreadMs`. Resolves when the last one is, or when `isOver` says that it is of no use any more. */
  async drain(end: (connection: Connection) => void, spreadMs: number, isOver: () => boolean): Promise<void> {
    const leaving = [...this.#open];
    const began = this.#clock.now();
    for (let told = 0; told < leaving.length && !isOver(); ) {
      const passed = spreadMs > 0 ? (this.#clock.now() - began) / spreadMs : 1;
      const due = Math.min(leaving.length, 1 + Math.floor(passed * leaving.length));
      for (const connection of leaving.slice(told, due)) end(connection);
      told = due;
      if (told < leaving.length) await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, drainStepMs));
    }
  }

  /** Ends those that a revocation of the time `at` means, with their sessions. */
  endRevoked(revocation: Revocation, at: number): void {
    for (const connection of this.#open) {
      const { session } = connection;
      if (!isRevoked(revocation, at, connection)) continue;
      connection.refuse(undefined, "revoked", "the login was revoked");
      session?.end("revoked");
    }
  }
}

const drainStepMs = 20;

function isRevoked(revocation: Revocation, at: number, { identity, info, session }: Connection): boolean {
  if ("session" in revocation) return session?.id === revocation.session;
  if ("token" in revocation) return identity?.tokenId === revocation.token;
  return info.subject === revocation.user && (identity?.issuedAt ?? 0) <= at;
}
