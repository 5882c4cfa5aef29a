import type { Clock } from "@openline/hub";
import { BrokerError, textOf } from "../broker-error.ts";
import { EngineLink } from "../engine-link.ts";
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

/** A link to Redis that comes back: loads the scripts and takes up the channels before anybody may use it. */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #channels = new Set<string>();
  readonly #link: EngineLink<RedisSession>;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#link = new EngineLink({
      ...options,
      open: async (lost, signal) => await this.#prepare(lost, signal),
      shown: `the Redis at ${options.shown}`,
    });
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** Dials once. @throws BrokerError `unreachable`; nothing goes on then */
  async start(): Promise<void> {
    await this.#link.start();
  }

  close(): void {
    this.#link.close();
  }

  /** Resolves when the link is up. @throws BrokerError `unreachable` when that takes too long, `closed` after `close` */
  async ready(): Promise<void> {
    await this.#link.ready();
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
      if (/^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN)/.test(textOf(error))) this.#link.giveUp(session, error);
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
    this.#link.session?.unsubscribe(channel).catch(() => {
      // The connection broke: the next one does not take the channel up.
    });
  }

  /** Resolves when Redis has answered on all connections: everything that it told before has come. */
  async ping(): Promise<void> {
    await this.#current().ping();
  }

  #current(): RedisSession {
    const { session } = this.#link;
    if (session === undefined) throw new BrokerError("unreachable", `the Redis at ${this.#options.shown} cannot be reached now`);
    return session;
  }

  async #prepare(lost: (error: unknown) => void, signal: AbortSignal): Promise<RedisSession> {
    const { open, message } = this.#options;
    const session = await open({ message, lost }, signal);
    try {
      await Promise.all(scripts.map(async ({ text }) => await session.command("", ["SCRIPT", "LOAD", text])));
      if (this.#channels.size > 0) await session.subscribe([...this.#channels]);
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }
}
