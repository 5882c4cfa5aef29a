import { readFileSync } from "node:fs";
import type * as Driver from "@nats-io/transport-node";
import type { Clock } from "@openline/hub";
import { Timer } from "@openline/hub";
import type { EngineSession } from "../engine-link.ts";
import { loadPeer } from "../optional-peer.ts";
import { firstThatGreets } from "./greeting.ts";
import type { NatsAddress } from "./nats-address.ts";

/** TLS of one's own, for `nats+tls://`. Default: the certificates that Node trusts. PEM texts. */
export interface NatsTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A text that came, with what the server says of it where it is a stored one. */
export interface NatsMessage {
  readonly subject: string;
  readonly text: string;
  readonly reply: string | undefined;
  readonly header: (name: string) => string;
  /** Nobody listens where it was sent. */
  readonly isUnheard: boolean;
}

/** Nobody took what was asked or published: there is no JetStream, or no stream that keeps such a subject. */
export class NobodyListensError extends Error {
  override readonly name = "NobodyListensError";

  constructor() {
    super("NATS has no JetStream: nobody answers");
  }
}

/** One connection to NATS. It never comes back by itself: whoever made it makes another. */
export interface NatsSession extends EngineSession {
  /** Sends it; nobody answers. */
  publish(subject: string, text: string): void;
  /** Sends it and resolves with the first answer. Rejects when the connection breaks, or after the deadline. @throws NobodyListensError */
  request(subject: string, text: string, messageId?: string): Promise<NatsMessage>;
  /** Hears a subject until the function that it gives is called. */
  subscribe(subject: string, hear: (message: NatsMessage) => void): () => void;
  /** A subject that nobody else has. */
  inbox(): string;
  /** Calls back when the connection ends, until the function that it gives is called. A promise for its whole life would hold all who ever waited for it. */
  onEnd(ended: () => void): () => void;
}

export interface NatsSessionOptions {
  readonly address: NatsAddress;
  readonly tls: NatsTls | undefined;
  readonly clock: Clock;
  readonly deadlineMs: number;
}

const peer = { name: "@nats-io/transport-node", neededBy: "the NATS broker" };

/** @throws BrokerError `missing-package` */
export async function loadNats(): Promise<typeof Driver> {
  return await loadPeer(peer, async () => await import("@nats-io/transport-node"));
}

/** Connects once. The driver's own coming back is switched off: what it buffers meanwhile it would send after the publisher was told that nothing is known. */
export async function openNats(
  driver: typeof Driver,
  { address, tls, clock, deadlineMs }: NatsSessionOptions,
  lost: (error: unknown) => void,
  signal: AbortSignal,
): Promise<NatsSession> {
  const connection = await driver.connect({
    servers: await firstThatGreets(address.servers, signal),
    reconnect: false,
    maxPingOut: 2,
    pingInterval: 60_000,
    timeout: deadlineMs,
    ignoreClusterUpdates: true,
    ...(address.user !== undefined && address.password === undefined && { token: address.user }),
    ...(address.user !== undefined && address.password !== undefined && { user: address.user, pass: address.password }),
    ...(address.credentials !== undefined && { authenticator: driver.credsAuthenticator(readFileSync(address.credentials)) }),
    ...((address.isSecure || tls !== undefined) && { tls: { ...tls } }),
  });
  const session = new OneConnection(driver, connection, clock, deadlineMs);
  signal.addEventListener("abort", () => session.destroy(), { once: true });
  void watchEnd(connection, session, lost);
  return session;
}

async function watchEnd(connection: Driver.NatsConnection, session: NatsSession, lost: (error: unknown) => void): Promise<void> {
  const error = await connection.closed();
  session.destroy();
  lost(error ?? new Error("NATS closed the connection"));
}

interface Waiting {
  readonly resolve: (message: NatsMessage) => void;
  readonly reject: (error: unknown) => void;
  readonly until: number;
}

/** Answers come to one inbox: a subscription and a timer for each request would cost three times as much (35 against 10.5 µs). */
class OneConnection implements NatsSession {
  readonly #driver: typeof Driver;
  readonly #connection: Driver.NatsConnection;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #answers: string;
  readonly #waiting = new Map<string, Waiting>();
  readonly #timer: Timer;
  readonly #endings = new Set<() => void>();
  #count = 0;
  #isOver = false;

  constructor(driver: typeof Driver, connection: Driver.NatsConnection, clock: Clock, deadlineMs: number) {
    this.#driver = driver;
    this.#connection = connection;
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#timer = new Timer(clock, () => this.#expire());
    this.#answers = driver.createInbox();
    this.subscribe(`${this.#answers}.*`, (message) => this.#answer(message));
  }

  publish(subject: string, text: string): void {
    this.#connection.publish(subject, text);
  }

  async request(subject: string, text: string, messageId?: string): Promise<NatsMessage> {
    if (this.#isOver) throw new Error("the connection to NATS is over");
    const key = (++this.#count).toString(36);
    return await new Promise<NatsMessage>((resolve, reject) => {
      this.#waiting.set(key, { resolve, reject, until: this.#clock.now() + this.#deadlineMs });
      if (!this.#timer.waiting) this.#timer.set(this.#deadlineMs);
      const reply = `${this.#answers}.${key}`;
      if (messageId === undefined) return this.#connection.publish(subject, text, { reply });
      const headers = this.#driver.headers();
      headers.set("Nats-Msg-Id", messageId);
      this.#connection.publish(subject, text, { reply, headers });
    });
  }

  subscribe(subject: string, hear: (message: NatsMessage) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        const { headers, reply, subject: to } = message;
        const isUnheard = headers?.code === 503;
        hear({ subject: to, text: message.string(), reply, header: (name) => headers?.get(name) ?? "", isUnheard });
      },
    });
    return () => subscription.unsubscribe();
  }

  inbox(): string {
    return this.#driver.createInbox();
  }

  /** The driver's own promise stays open for ever when the connection breaks meanwhile. */
  async ping(): Promise<void> {
    if (this.#isOver) throw new Error("the connection to NATS is over");
    await new Promise<void>((resolve, reject) => {
      const forget = this.onEnd(() => reject(new Error("the connection to NATS is over")));
      this.#connection.flush().then(resolve, reject).finally(forget);
    });
  }

  onEnd(ended: () => void): () => void {
    this.#endings.add(ended);
    return () => void this.#endings.delete(ended);
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.clear();
    for (const { reject } of this.#waiting.values()) reject(new Error("the connection to NATS is over"));
    this.#waiting.clear();
    for (const ended of this.#endings) ended();
    // A connection that hangs is not asked to end in peace.
    this.#connection.close().catch(() => {});
  }

  #answer(message: NatsMessage): void {
    const key = message.subject.slice(this.#answers.length + 1);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    if (message.isUnheard) waiting.reject(new NobodyListensError());
    else waiting.resolve(message);
  }

  /** All wait equally long, so the oldest stands first. */
  #expire(): void {
    const now = this.#clock.now();
    for (const [key, { until, reject }] of this.#waiting) {
      if (until > now) return this.#timer.set(until - now);
      this.#waiting.delete(key);
      reject(new Error(`NATS did not answer within ${this.#deadlineMs} ms`));
    }
  }
}
