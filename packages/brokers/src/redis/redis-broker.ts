import {
  type Broker,
  type BrokerOutcome,
  type BrokerRoom,
  type Clock,
  type IdSource,
  type Page,
  type Publication,
  type ReadFrom,
  type Signal,
  type Subscriber,
  type Subscription,
} from "@openline/hub";
import { textOf } from "../broker-error.ts";
import type { EngineEvent } from "../engine-link.ts";
import { redisSessions } from "./open-redis.ts";
import { readRedisAddress } from "./redis-address.ts";
import { RedisLink } from "./redis-link.ts";
import type { RedisTls } from "./redis-session.ts";
import { RedisSubscription, type SubscriptionContext } from "./redis-subscription.ts";
import { readEvent, readMessage, readPosition, readRemembered, texts, writeSignal } from "./redis-text.ts";
import { metaPattern, RoomKeys, roomOfMeta } from "./room-keys.ts";
import { publishScript, readScript, rotateScript, showScript } from "./scripts.ts";

/** How a {@link RedisBroker} is opened. */
export interface RedisBrokerOptions {
  /** `redis[s]://[user][:password@]host[:port][/database][?prefix=NAME&cluster=true&node=HOST:PORT]` */
  readonly url: string;
  readonly tls?: RedisTls;
  readonly clock: Clock;
  readonly ids: Pick<IdSource, "epoch" | "tag">;
  /** How often each followed room is compared with Redis, in milliseconds. A node that is silent for three times as long has left. Default 5,000. */
  readonly checkIntervalMs?: number;
  /** A server that accepts and does not answer is given up after so long, a third of it not counted. Default 3,000. */
  readonly watchdogMs?: number;
  /** How long a read or a subscription waits for Redis to be reachable. Default 5,000. */
  readonly patienceMs?: number;
  /** Hears what becomes of the link. Default: nobody. */
  readonly log?: (event: RedisEvent) => void;
}

export type RedisEvent = EngineEvent;

/** A room's epoch is remembered so long after the last sign of life, beyond the age of its messages. */
const lifeMs = 86_400_000;
/** What only somebody's reading brought about is forgotten soon. */
const probeLifeMs = 60_000;
/** So many rooms are checked at once. */
const checkStep = 500;

interface FollowedRoom {
  readonly keys: RoomKeys;
  readonly subscriptions: Set<RedisSubscription>;
}

/**
 * Rooms in Redis 7, shared by any number of nodes: a stream per room for history, pub/sub for what is live, one script per step. A node that
 * was cut off, or a Redis that lost something, is noticed, and whoever may have missed a message is told (docs/brokers/redis.md).
 */
export class RedisBroker implements Broker {
  readonly #options: RedisBrokerOptions;
  readonly #prefix: string;
  readonly #link: RedisLink;
  readonly #context: SubscriptionContext;
  readonly #rooms = new Map<string, FollowedRoom>();
  readonly #checkIntervalMs: number;
  #timer: unknown;
  #closing: Promise<void> | undefined;
  #wasUp = false;

  private constructor(options: RedisBrokerOptions, prefix: string, publishCommand: string, link: (message: RedisBroker) => RedisLink) {
    this.#options = options;
    this.#prefix = prefix;
    this.#link = link(this);
    this.#checkIntervalMs = options.checkIntervalMs ?? 5_000;
    this.#context = {
      link: this.#link,
      clock: options.clock,
      epoch: options.ids.epoch,
      publishCommand,
      lifeMs,
      leaseMs: this.#checkIntervalMs * 3,
      fault: (error) => options.log?.({ type: "fault", error }),
    };
  }

  /**
   * Connects. Later losses of the connection are the broker's own affair: it comes back by itself.
   * @throws BrokerError one line: the address is wrong, Redis cannot be reached or refuses, or the package `@redis/client` is missing
   */
  static async open(options: RedisBrokerOptions): Promise<RedisBroker> {
    const address = readRedisAddress(options.url);
    const watchdogMs = options.watchdogMs ?? 3_000;
    const open = await redisSessions(address, options.tls, watchdogMs);
    const broker = new RedisBroker(
      options,
      address.prefix,
      address.cluster ? "SPUBLISH" : "PUBLISH",
      (self) =>
        new RedisLink({
          open,
          clock: options.clock,
          shown: address.shown,
          watchdogMs,
          patienceMs: options.patienceMs ?? 5_000,
          message: (text, channel) => self.#hear(text, channel),
          up: () => self.#onUp(),
          down: (error) => options.log?.({ type: "down", error }),
        }),
    );
    await broker.#link.start();
    broker.#setCheck();
    return broker;
  }

  /** Whether Redis can be reached now. */
  get isUp(): boolean {
    return this.#link.isUp;
  }

  async publish(room: string, publication: Publication): Promise<BrokerOutcome> {
    const keys = new RoomKeys(this.#prefix, room);
    const { content, bytes, time, retention, idempotency } = publication;
    const { ids } = this.#options;
    const kept = [retention.messages, retention.bytes, retention.ageMs];
    const scope = [idempotency?.fingerprint ?? "", idempotency?.windowMs ?? 0];
    const args = [
      ids.epoch(),
      lifeMs + retention.ageMs,
      ids.tag(),
      content,
      bytes,
      time,
      ...kept,
      this.#context.publishCommand,
      keys.channel,
      ...scope,
    ];
    try {
      const reply = await this.#link.run(publishScript, [keys.meta, keys.stream, keys.id(idempotency?.key ?? "")], args);
      const { position, fingerprint } = readRemembered(String(reply));
      if (fingerprint === undefined) return { outcome: "stored", position };
      return fingerprint === idempotency?.fingerprint ? { outcome: "duplicate", position } : { outcome: "conflict" };
    } catch (error) {
      if (isAnswer(error)) this.#context.fault(error);
      return { outcome: "unknown" };
    }
  }

  signal(room: string, signal: Signal): void {
    const { channel } = new RoomKeys(this.#prefix, room);
    // Ephemeral: while Redis is away it is lost, as announced.
    if (this.isUp) this.#link.command(channel, [this.#context.publishCommand, channel, writeSignal(signal)]).catch(() => {});
  }

  async read(room: string, from: ReadFrom): Promise<Page> {
    const keys = new RoomKeys(this.#prefix, room);
    const which = "offset" in from ? ["from", from.offset, from.limit ?? ""] : ["newest", from.newest, endOf(from.before)];
    try {
      await this.#link.ready();
      const reply = await this.#link.run(readScript, [keys.meta, keys.stream], [this.#context.epoch(), probeLifeMs, ...which]);
      return pageOf(reply, "newest" in from);
    } catch (error) {
      for (const subscription of this.#rooms.get(keys.channel)?.subscriptions ?? []) subscription.doubt();
      throw error;
    }
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    await this.#link.ready();
    const keys = new RoomKeys(this.#prefix, room);
    const followed = this.#rooms.get(keys.channel) ?? { keys, subscriptions: new Set() };
    this.#rooms.set(keys.channel, followed);
    const subscription: RedisSubscription = new RedisSubscription(this.#context, keys, this.#options.ids.epoch(), subscriber, () => {
      this.#forget(followed, subscription);
    });
    followed.subscriptions.add(subscription);
    try {
      await this.#link.subscribe(keys.channel);
      await subscription.start();
      return subscription;
    } catch (error) {
      this.#forget(followed, subscription);
      throw error;
    }
  }

  async rotate(room: string, epoch: string): Promise<void> {
    const { meta, stream, channel } = new RoomKeys(this.#prefix, room);
    await this.#link.ready();
    await this.#link.run(rotateScript, [meta, stream], [this.#context.epoch(), lifeMs, epoch, this.#context.publishCommand, channel]);
  }

  async rooms(): Promise<readonly BrokerRoom[]> {
    await this.#link.ready();
    const names = new Set<string>();
    for await (const keys of this.#link.scan(metaPattern(this.#prefix))) for (const key of keys) names.add(roomOfMeta(this.#prefix, key));
    const rooms = await Promise.all(Array.from(names, async (room) => await this.#show(room)));
    return rooms.filter((room) => room !== undefined);
  }

  /** Resolves when Redis has answered, and everything that it told this node before has come. For a health check. */
  async ping(): Promise<void> {
    await this.#link.ping();
  }

  /** Takes this node's members out and ends the connections. What is still waiting for an answer ends as unknown. */
  close(): void {
    this.#closing ??= this.#close();
  }

  /** Resolves when the connections are closed; at once if nobody called `close`. */
  async closed(): Promise<void> {
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#options.clock.clearTimeout(this.#timer);
    for (const { subscriptions } of this.#rooms.values()) for (const subscription of subscriptions) subscription.close();
    try {
      // The last words are on their way: they are given the time of one round trip.
      await this.#link.ping();
    } catch {
      // The link is down: the leases run out.
    }
    this.#link.close();
  }

  async #show(room: string): Promise<BrokerRoom | undefined> {
    const { meta, stream } = new RoomKeys(this.#prefix, room);
    const [epoch = "", offset = "0", tag = "0", messages] = texts(await this.#link.run(showScript, [meta, stream], []));
    return epoch === "" ? undefined : { room, top: readPosition(epoch, offset, tag), messages: Number(messages) };
  }

  #hear(text: string, channel: string): void {
    const followed = this.#rooms.get(channel);
    const event = followed === undefined ? undefined : readEvent(text);
    if (event === undefined) return;
    for (const subscription of followed?.subscriptions ?? []) subscription.hear(event);
  }

  #forget(followed: FollowedRoom, subscription: RedisSubscription): void {
    followed.subscriptions.delete(subscription);
    const { channel } = followed.keys;
    if (followed.subscriptions.size > 0 || this.#rooms.get(channel) !== followed) return;
    this.#rooms.delete(channel);
    this.#link.unsubscribe(channel);
  }

  #onUp(): void {
    if (this.#wasUp) this.#options.log?.({ type: "up" });
    this.#wasUp = true;
    void this.#each((subscription) => subscription.resume());
  }

  #setCheck(): void {
    if (this.#closing !== undefined) return;
    const jitter = 0.75 + Math.random() / 2;
    this.#timer = this.#options.clock.setTimeout(() => {
      void this.#each((subscription) => subscription.check()).then(() => this.#setCheck());
    }, this.#checkIntervalMs * jitter);
  }

  /** Never rejects: what failed because the link is down is done again when it is up. */
  async #each(act: (subscription: RedisSubscription) => Promise<void>): Promise<void> {
    const all = Array.from(this.#rooms.values(), ({ subscriptions }) => [...subscriptions]).flat();
    for (let index = 0; index < all.length && this.isUp; index += checkStep) {
      const part = all.slice(index, index + checkStep).map(async (subscription) => await act(subscription));
      for (const result of await Promise.allSettled(part)) {
        if (result.status === "rejected" && isAnswer(result.reason)) this.#context.fault(result.reason);
      }
    }
  }
}

/** An error that Redis itself gave: `CODE text`. Others say that no answer can come. */
function isAnswer(error: unknown): boolean {
  return /^(?!READONLY|LOADING|MASTERDOWN|CLUSTERDOWN)[A-Z]{3,} /.test(textOf(error));
}

/** The last offset below `before`; with none, all of them. */
function endOf(before: number | undefined): number | "" {
  return before === undefined ? "" : Math.max(0, before - 1);
}

function pageOf(reply: unknown, isNewestFirst: boolean): Page {
  const [epoch = "", offset = "0", tag = "0", floor] = texts(reply);
  const messages = texts(Array.isArray(reply) ? reply[4] : []).map(readMessage);
  if (isNewestFirst) messages.reverse();
  return { messages, floor: Number(floor), top: readPosition(epoch, offset, tag) };
}
