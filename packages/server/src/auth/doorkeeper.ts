import type { Writable } from "node:stream";
import { LocalTally, type Tally } from "@openline/hub";
import { AddressCap } from "@openline/ws";
import type { Problem } from "../problems.ts";
import type { Settings } from "../settings.ts";
import { ConnectionBudget } from "./connection-budget.ts";

/** How many may come in. */
export interface DoorkeeperLimits {
  /** Most WebSocket connections at a time. */
  readonly connections: number;
  /** Most of them from one client address; `undefined`: 100, connections from this machine not counted. */
  readonly connectionsPerAddress: number | undefined;
  /** Most handshakes in a second. */
  readonly connectionsPerSecond: number;
}

/** What is counted until it closes: a socket, or the response that is kept open. */
export type Transport = Pick<Writable, "closed" | "destroyed" | "once">;

/** Where connections are counted. Several processes may share them; then a count of theirs may be as old as `SharedTally` says. */
export interface DoorkeeperCounts {
  /** All of them, under one key. */
  readonly all: Tally;
  readonly addresses: Tally;
}

const allKey = "";
const defaultPerAddress = 100;
/** Spread over this time, those who were sent away do not all come back at once. */
const spreadMs = 5_000;

/** Counts who comes in, from the handshake to the end of the transport, and sends away who is too many: 503 with the time to come again (R5, R16). */
export class Doorkeeper {
  readonly #limits: DoorkeeperLimits;
  readonly #budget: ConnectionBudget;
  readonly #addresses: AddressCap;
  readonly #all: Tally;
  readonly #random: () => number;

  constructor(
    limits: DoorkeeperLimits,
    now: () => number,
    random: () => number = Math.random,
    { all, addresses }: DoorkeeperCounts = { all: new LocalTally(), addresses: new LocalTally() },
  ) {
    const { connectionsPerAddress: perAddress } = limits;
    this.#limits = limits;
    this.#budget = new ConnectionBudget(limits.connectionsPerSecond, now);
    // A proxy on this machine that was not named would bring every client from there.
    this.#addresses = new AddressCap(perAddress ?? defaultPerAddress, perAddress !== undefined, addresses);
    this.#all = all;
    this.#random = random;
  }

  /** Transports that are counted now. */
  get count(): number {
    return this.#all.count(allKey);
  }

  /** Counts the transport until it closes. `isReturning`: the client had a session before. @returns what to answer instead, when it is one too many */
  admit(address: string | undefined, transport: Transport, isReturning = false): Problem | undefined {
    const waitMs = this.#budget.take(isReturning);
    if (waitMs > 0) return this.#later("too many connections begin at once", waitMs);
    const { connections, connectionsPerAddress = defaultPerAddress } = this.#limits;
    if (this.count >= connections) return this.#later(`the server has ${connections} connections, its limit`, 1000);
    if (!this.#addresses.admit(address, transport)) {
      const detail = `the address ${address} has ${connectionsPerAddress} connections, the limit for one; if it is a proxy, start with --trust-proxy ADDRESS`;
      return this.#later(detail, 1000);
    }
    this.#all.add(allKey);
    transport.once("close", () => this.#all.remove(allKey));
    return undefined;
  }

  #later(detail: string, waitMs: number): Problem {
    const seconds = Math.ceil((waitMs + this.#random() * spreadMs) / 1000);
    return { code: "too-many-connections", detail, headers: { "retry-after": String(seconds) } };
  }
}

/** The doorkeeper of a server with these limits. Of several workers each has its share of the rate; the counts are those of all. */
export function createDoorkeeper(
  limits: Settings["limits"],
  siblings: { readonly count: number; readonly connections: Tally; readonly addresses: Tally } | undefined,
): Doorkeeper {
  const { connections = Number.POSITIVE_INFINITY, connectionsPerAddress, connectionsPerSecond = Number.POSITIVE_INFINITY } = limits;
  const counts = siblings === undefined ? undefined : { all: siblings.connections, addresses: siblings.addresses };
  const perSecond = connectionsPerSecond / (siblings?.count ?? 1);
  return new Doorkeeper(
    { connections, connectionsPerAddress, connectionsPerSecond: perSecond },
    () => performance.now(),
    Math.random,
    counts,
  );
}
