import type { Clock } from "@openline/hub";
import { BrokerError, textOf } from "../broker-error.ts";
import type { OpenSession, RedisSession } from "./redis-session.ts";
import { type Script, scripts } from "./scripts.ts";

export interface RedisLinkOptions {
  readonly open: OpenSession;
  readonly clock: Clock;
  /** Where Redis is, for messages. */
  readonly shown: string;
  /** A server that does not answer for so long counts as hung. */
  readonly watchdogMs: number;
  /** How long a call waits for the link to be up. */
  readonly patienceMs: number;
  readonly message: (text: string, channel: string) => void;
  /** The link is up, for the first time or again: what happened meanwhile is unknown. */
  readonly up: () => void;
  readonly down: (error: unknown) => void;
}

/**
 * A link to Redis that comes back: dials anew with growing pauses after every loss, loads the scripts and takes up the channels before anybody
 * may use it, and notices a server that accepts everything and answers nothing.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #channels = new Set<string>();
  readonly #waiting = new Set<() => void>();
  #session: RedisSession | undefined;
  #failures = 0;
  #timer: unknown;
  #isClosed = false;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#session !== undefined;
  }

  /** Dials once. @throws BrokerError `unreachable`; nothing goes on then */
  async start(): Promise<void> {
    try {
      await this.#dial();
    } catch (error) {
      this.#isClosed = true;
      throw new BrokerError("unreachable", `cannot use the Redis at ${this.#options.shown}: ${reasonOf(error)}`, error);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#session?.destroy();
    this.#session = undefined;
    for (const wake of this.#waiting) wake();
  }

  /** Resolves when the link is up. @throws BrokerError `unreachable` when that takes too long, `closed` after `close` */
  async ready(): Promise<void> {
    const { clock, patienceMs, shown } = this.#options;
    if (!this.isUp && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clock.clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = clock.setTimeout(wake, patienceMs);
        this.#waiting.add(wake);
      });
    }
    if (this.#isClosed) throw new BrokerError("closed", "the Redis broker is closed");
    if (!this.isUp) throw new BrokerError("unreachable", `the Redis at ${shown} cannot be reached since ${patienceMs} ms`);
  }

  /** Runs a script; the first key says where. Calls of one turn are sent in their order. */
  async run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const session = this.#current();
    const key = keys[0] ?? "";
    const rest = [String(script.keys), ...keys, ...args.map(String)];
    try {
      return await session.command(key, ["EVALSHA", script.sha, ...rest]);
    } catch (error) {
      // A server that was a master and is none any more: whoever has its address now must be asked.
      if (/^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN)/.test(textOf(error)) && this.#session === session) this.#lost(error);
      // Somebody emptied the script cache, or a node of a cluster has not seen it yet.
      if (!textOf(error).startsWith("NOSCRIPT")) throw error;
      return await session.command(key, ["EVAL", script.text, ...rest]);
    }
  }

  async command(key: string, args: readonly string[]): Promise<unknown> {
    return await this.#current().command(key, args);
  }

  scan(pattern: string): AsyncIterable<string[]> {
    return this.#current().scan(pattern);
  }

  /** Hears a channel from now on, through every loss of the link. */
  async subscribe(channel: string): Promise<void> {
    if (this.#channels.has(channel)) return await this.#current().ping();
    this.#channels.add(channel);
    await this.#current().subscribe([channel]);
  }

  unsubscribe(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    this.#session?.unsubscribe(channel).catch(() => {
      // The connection broke: the next one does not take the channel up.
    });
  }

  /** Resolves when Redis has answered on all connections: everything that it told before has come. */
  async ping(): Promise<void> {
    await this.#current().ping();
  }

  #current(): RedisSession {
    if (this.#session === undefined) throw new BrokerError("unreachable", `the Redis at ${this.#options.shown} cannot be reached now`);
    return this.#session;
  }

  async #dial(): Promise<void> {
    const session = await this.#connect();
    if (this.#isClosed) return session.destroy();
    this.#session = session;
    this.#failures = 0;
    this.#watch(session);
    for (const wake of this.#waiting) wake();
    this.#options.up();
  }

  /** A server may hang amid the greeting too, so the whole has a deadline. */
  async #connect(): Promise<RedisSession> {
    const { clock, watchdogMs } = this.#options;
    const abort = new AbortController();
    let timer: unknown;
    const late = new Promise<never>((_resolve, reject) => {
      timer = clock.setTimeout(() => {
        abort.abort();
        reject(new Error(`no answer for ${watchdogMs} ms while connecting`));
      }, watchdogMs);
    });
    try {
      return await Promise.race([this.#prepare(abort.signal), late]);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  async #prepare(signal: AbortSignal): Promise<RedisSession> {
    const { open, message } = this.#options;
    let isLost = false;
    let session: RedisSession | undefined;
    const lost = (error: unknown): void => {
      isLost = true;
      if (session !== undefined && this.#session === session) this.#lost(error);
    };
    session = await open({ message, lost }, signal);
    try {
      const made = session;
      await Promise.all(scripts.map(async ({ text }) => await made.command("", ["SCRIPT", "LOAD", text])));
      if (this.#channels.size > 0) await session.subscribe([...this.#channels]);
      if (isLost || signal.aborted) throw new Error("the connection broke while it was made");
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  #lost(error: unknown): void {
    this.#session?.destroy();
    this.#session = undefined;
    if (this.#isClosed) return;
    this.#options.clock.clearTimeout(this.#timer);
    this.#options.down(error);
    this.#redial();
  }

  /** 50 ms and then twice as long each time up to half a second, each somewhat by chance, so that many nodes do not come at once. */
  #redial(): void {
    const pauseMs = Math.min(50 * 2 ** this.#failures++, 500) * (0.75 + Math.random() / 2);
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#dial().catch(() => {
        if (!this.#isClosed) this.#redial();
      });
    }, pauseMs);
  }

  /** The driver's own time-outs start anew with everything that is written, so a busy node would never notice a hung server. */
  #watch(session: RedisSession): void {
    const { clock, watchdogMs } = this.#options;
    this.#timer = clock.setTimeout(() => {
      const bark = (error: unknown): void => {
        if (this.#session === session) this.#lost(error);
      };
      this.#timer = clock.setTimeout(() => bark(new Error(`no answer for ${watchdogMs} ms`)), watchdogMs);
      this.#answered(session).catch(bark);
    }, watchdogMs / 3);
  }
  async #answered(session: RedisSession): Promise<void> {
    await session.ping();
    if (this.#session !== session) return;
    this.#options.clock.clearTimeout(this.#timer);
    this.#watch(session);
  }
}

/** The most telling line of what the driver threw. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const text = textOf(error);
  if (/WRONGPASS|NOAUTH|invalid username-password/i.test(text)) return "it refuses the user name or password";
  return text === "" ? "no connection" : text;
}
