import type { ClientHttp2Session } from "node:http2";
import type { Address } from "../address.ts";
import type { ClientOptions } from "../client-options.ts";
import { dial, type Line } from "./dial.ts";

/** What two sockets must have in common to share a connection: whatever says who we are, and whom we trust. */
const SHARED_OPTIONS = [
  "ca",
  "cert",
  "checkServerIdentity",
  "ciphers",
  "createConnection",
  "family",
  "key",
  "localAddress",
  "lookup",
  "maxVersion",
  "minVersion",
  "passphrase",
  "pfx",
  "rejectUnauthorized",
  "secureContext",
  "servername",
] as const;

interface Place {
  readonly address: Address;
  readonly options: ClientOptions;
}

interface Shared {
  readonly session: ClientHttp2Session;
  streams: number;
}

/** One server, as sockets with the same options see it. */
interface Origin extends Place {
  readonly sessions: Set<Shared>;
  /** A connection that is being made: whoever comes meanwhile waits for it. */
  dialling: Dialling | undefined;
}

interface Dialling {
  readonly line: Promise<Line>;
  /** Gives it up. */
  readonly controller: AbortController;
  waiting: number;
}

/** Room for one stream on a connection: `end` gives it back, once. */
export interface Lease {
  readonly kind: "http2";
  readonly session: ClientHttp2Session;
  readonly end: () => void;
}

/** What a socket gets: HTTP/2 that takes WebSockets, or what is there instead. */
export type Leased = Lease | Exclude<Line, { readonly kind: "http2" }>;

/**
 * The HTTP/2 connections of this process's clients: one for each origin and set of TLS options, and one more when the server takes no more streams on it. A
 * connection ends with its last socket.
 */
export class SessionPool {
  readonly #origins: Origin[] = [];
  readonly #dial: typeof dial;

  constructor(dialer: typeof dial = dial) {
    this.#dial = dialer;
  }

  /** How many connections there are. */
  get size(): number {
    return this.#origins.reduce((sum, { sessions }) => sum + sessions.size, 0);
  }

  /**
   * Room for one more stream, on a connection that is made if there is none. End the lease when the stream has ended.
   * `signal`: not wanted any more; when nobody else waits for it, the connection is given up.
   * @throws what the connection's making throws; whoever waited for the same one gets it too
   */
  async lease(place: Place, signal: AbortSignal): Promise<Leased> {
    const origin = this.#originOf(place);
    for (;;) {
      const shared = [...origin.sessions].find(hasRoom);
      if (shared !== undefined) return this.#leaseOf(origin, shared);
      const isFirst = origin.dialling === undefined;
      const line = await this.#waitFor(origin, signal);
      if (line.kind === "lacking") return line;
      // The socket is for the one who had it made: the others make their own.
      if (line.kind === "http1") return isFirst ? line : { kind: "http1", socket: undefined };
    }
  }

  async #waitFor(origin: Origin, signal: AbortSignal): Promise<Line> {
    const dialling = (origin.dialling ??= this.#dialFor(origin));
    dialling.waiting++;
    const leave = (): void => {
      if (--dialling.waiting > 0) return;
      // Whoever comes from here on has one made anew.
      if (origin.dialling === dialling) origin.dialling = undefined;
      dialling.controller.abort();
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await dialling.line;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #dialFor(origin: Origin): Dialling {
    const controller = new AbortController();
    const line = this.#dial(origin.address, origin.options, controller.signal)
      .then((found) => {
        if (found.kind === "http2") this.#add(origin, found.session);
        return found;
      })
      .finally(() => {
        if (origin.dialling?.controller === controller) origin.dialling = undefined;
        this.#forgetIfEmpty(origin);
      });
    return { line, controller, waiting: 0 };
  }

  #add(origin: Origin, session: ClientHttp2Session): void {
    const shared: Shared = { session, streams: 0 };
    const forget = (): void => {
      origin.sessions.delete(shared);
      this.#forgetIfEmpty(origin);
    };
    origin.sessions.add(shared);
    if (!this.#origins.includes(origin)) this.#origins.push(origin);
    // After GOAWAY what is open goes on, and nothing new begins (RFC 9113 §6.8).
    session.once("goaway", forget).once("close", forget);
    // Whoever wanted it may have gone meanwhile.
    setImmediate(() => closeUnused(shared));
  }

  // Counted before anything is sent: of two that ask in one turn only one may have the last room.
  #leaseOf(origin: Origin, shared: Shared): Lease {
    let isOver = false;
    shared.streams++;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      shared.streams--;
      closeUnused(shared);
      // A fault of TLS ends a session without the event (Node 20).
      if (shared.session.closed || shared.session.destroyed) origin.sessions.delete(shared);
      this.#forgetIfEmpty(origin);
    };
    return { kind: "http2", session: shared.session, end };
  }

  #originOf({ address, options }: Place): Origin {
    const known = this.#origins.find((origin) => isSamePlace(origin, { address, options }));
    if (known !== undefined) return known;
    const origin: Origin = { address, options, sessions: new Set(), dialling: undefined };
    this.#origins.push(origin);
    return origin;
  }

  #forgetIfEmpty(origin: Origin): void {
    if (origin.sessions.size > 0 || origin.dialling !== undefined) return;
    const at = this.#origins.indexOf(origin);
    if (at >= 0) this.#origins.splice(at, 1);
  }
}

function hasRoom({ session, streams }: Shared): boolean {
  if (session.closed || session.destroyed) return false;
  return streams < (session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY);
}

function closeUnused({ session, streams }: Shared): void {
  if (streams === 0 && !session.closed && !session.destroyed) session.close();
}

function isSamePlace(a: Place, b: Place): boolean {
  if (a.address.isSecure !== b.address.isSecure || a.address.host !== b.address.host || a.address.socketPath !== b.address.socketPath)
    return false;
  return SHARED_OPTIONS.every((name) => isSame(a.options[name], b.options[name]));
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0);
}

/** The one that all clients of the process share. */
export const sessionPool: SessionPool = new SessionPool();
