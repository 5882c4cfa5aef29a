import { randomUUID } from "node:crypto";
import type * as Driver from "amqplib";
import type { LogBounds, LogEvents, LogRecord, LogSession, OpenLog } from "../log/log-session.ts";
import type { RabbitAddress } from "./rabbit-address.ts";

/** TLS of one's own, for `amqps://`. Default: the certificates that Node trusts. PEM texts. */
export interface RabbitTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/** So many records may be on their way to a node before it acknowledges; it does so each time a tenth has come. */
const prefetch = 1_000;
/** The system keeps what was revoked for up to 30 days. */
const systemHours = 31 * 24;

/** Makes sessions with RabbitMQ: each partition is a stream queue, what passes goes through a fanout exchange to a queue of each node. */
export function rabbitSessions(driver: typeof Driver, address: RabbitAddress, tls: RabbitTls | undefined, connectMs: number): OpenLog {
  return async (events, signal) => {
    const abort = new AbortController();
    signal.addEventListener("abort", () => abort.abort(), { once: true });
    const options = { timeout: connectMs, noDelay: true, signal: abort.signal, ...tls };
    const connection = await driver.connect(address.url, options);
    const session = new RabbitSession(address, connection, abort, events);
    try {
      await session.prepare();
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  };
}

class RabbitSession implements LogSession {
  readonly #address: RabbitAddress;
  readonly #connection: Driver.ChannelModel;
  readonly #abort: AbortController;
  readonly #events: LogEvents;
  readonly #rejects = new Set<(error: unknown) => void>();
  /** What ends the tail of a partition. */
  readonly #tails = new Map<number, () => void>();
  #writing: Driver.ConfirmChannel | undefined;
  #passing: Driver.Channel | undefined;
  #isOver = false;

  constructor(address: RabbitAddress, connection: Driver.ChannelModel, abort: AbortController, events: LogEvents) {
    this.#address = address;
    this.#connection = connection;
    this.#abort = abort;
    this.#events = events;
    // Without a listener an error event would end the process.
    connection.on("error", (error) => this.#lost(error));
    connection.on("close", (error) => this.#lost(error ?? new Error("RabbitMQ closed the connection")));
  }

  /** Makes what is missing of queues and exchange, and begins to hear what passes. */
  async prepare(): Promise<void> {
    const writing = await this.#connection.createConfirmChannel();
    this.#watch(writing);
    this.#writing = writing;
    for (let partition = 0; partition <= this.#address.partitions; partition++) {
      const hours = partition === 0 ? systemHours : this.#address.hours + 1;
      const limits = { "x-queue-type": "stream", "x-max-age": `${hours}h`, "x-stream-max-segment-size-bytes": 50_000_000 };
      await writing.assertQueue(this.#queue(partition), { durable: true, arguments: limits });
    }
    const passing = await this.#channel();
    this.#passing = passing;
    await passing.assertExchange(this.#exchange, "fanout", { durable: false });
    const { queue } = await passing.assertQueue("", { exclusive: true, autoDelete: true });
    await passing.bindQueue(queue, this.#exchange, "");
    await passing.consume(queue, (message) => this.#heard(message, (text) => this.#events.signal(text)), { noAck: true });
  }

  /**
   * RabbitMQ names no end of a stream, but a word of our own is behind it. It is said when its reader is there already: one that begins
   * at the last chunk afterwards begins behind it, where others write.
   */
  async bounds(partition: number): Promise<LogBounds> {
    const mark = `?${randomUUID()}`;
    const last = await this.#find(
      partition,
      "last",
      ({ text }) => text === mark,
      async () => await this.append(partition, mark),
    );
    const first = await this.#find(partition, "first", () => true);
    return { first: first.offset, next: last.offset + 1 };
  }

  async tail(
    partition: number,
    from: { offset: number } | { since: number },
    hear: (records: readonly LogRecord[]) => void,
  ): Promise<void> {
    // RabbitMQ counts time in seconds, and begins with the chunk in which the moment lies.
    const start = "offset" in from ? from.offset : { "!": "timestamp", value: Math.floor(from.since / 1_000) };
    const least = "offset" in from ? from.offset : 0;
    this.#tails.get(partition)?.();
    const cancel = await this.#consume(partition, start, (record) => {
      if (record.offset >= least) hear([record]);
    });
    this.#tails.set(partition, cancel);
  }

  async append(partition: number, text: string): Promise<void> {
    const channel = this.#writing;
    if (channel === undefined || this.#isOver) throw new Error("the connection to RabbitMQ is over");
    await new Promise<void>((resolve, reject) => {
      this.#rejects.add(reject);
      channel.sendToQueue(this.#queue(partition), Buffer.from(text), { persistent: true }, (error: unknown) => {
        this.#rejects.delete(reject);
        if (error === null || error === undefined) resolve();
        else reject(new Error("RabbitMQ did not take it", { cause: error }));
      });
    });
  }

  signal(text: string): void {
    if (!this.#isOver) this.#passing?.publish(this.#exchange, "", Buffer.from(text));
  }

  async ping(): Promise<void> {
    await this.#passing?.checkExchange(this.#exchange);
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const reject of this.#rejects) reject(new Error("the connection to RabbitMQ is over"));
    this.#rejects.clear();
    // A connection that hangs is not asked to end in peace.
    this.#abort.abort();
  }

  get #exchange(): string {
    return `${this.#address.prefix}.live`;
  }

  /** Nodes that count partitions differently must never mix. */
  #queue(partition: number): string {
    const { prefix, partitions } = this.#address;
    return `${prefix}.${partition === 0 ? "system" : `rooms-${partition}-of-${partitions}`}`;
  }

  async #channel(): Promise<Driver.Channel> {
    const channel = await this.#connection.createChannel();
    this.#watch(channel);
    return channel;
  }

  #watch(channel: Driver.Channel): void {
    channel.on("error", (error) => this.#lost(error));
    channel.on("close", () => this.#lost(new Error("RabbitMQ closed a channel")));
  }

  /** Resolves with the first record that is meant; `begun` runs when the reader is there. */
  async #find(
    partition: number,
    from: "first" | "last",
    isMeant: (record: LogRecord) => boolean,
    begun: () => Promise<void> = async () => {},
  ): Promise<LogRecord> {
    const cancels: (() => void)[] = [];
    const rejects: ((error: unknown) => void)[] = [];
    try {
      return await new Promise<LogRecord>((resolve, reject) => {
        rejects.push(reject);
        this.#rejects.add(reject);
        const hear = (record: LogRecord): void => {
          if (isMeant(record)) resolve(record);
        };
        const begin = async (): Promise<void> => {
          cancels.push(await this.#consume(partition, from, hear));
          await begun();
        };
        begin().catch(reject);
      });
    } finally {
      for (const reject of rejects) this.#rejects.delete(reject);
      for (const cancel of cancels) cancel();
    }
  }

  /** Each stream is read on a channel of its own: acknowledgements give credit per channel. */
  async #consume(partition: number, start: unknown, hear: (record: LogRecord) => void): Promise<() => void> {
    const channel = await this.#connection.createChannel();
    const isDone = { value: false };
    channel.on("error", (error) => this.#lost(error));
    channel.on("close", () => {
      if (!isDone.value) this.#lost(new Error("RabbitMQ closed a channel"));
    });
    await channel.prefetch(prefetch);
    let count = 0;
    const take = (message: Driver.ConsumeMessage | null): void => {
      if (isDone.value) return;
      this.#heard(message, (text) => {
        if (message === null) return;
        if (++count % (prefetch / 10) === 0) channel.ack(message, true);
        hear({ offset: Number(message.properties.headers?.["x-stream-offset"]), text });
      });
    };
    await channel.consume(this.#queue(partition), take, { arguments: { "x-stream-offset": start } });
    return () => {
      isDone.value = true;
      channel.close().catch(() => {});
    };
  }

  #heard(message: Driver.ConsumeMessage | null, hear: (text: string) => void): void {
    if (this.#isOver) return;
    // RabbitMQ ends a consumer when its queue goes, or moves.
    if (message === null) this.#lost(new Error("RabbitMQ ended a consumer"));
    else hear(message.content.toString());
  }

  #lost(error: unknown): void {
    if (this.#isOver) return;
    this.destroy();
    this.#events.lost(error);
  }
}
