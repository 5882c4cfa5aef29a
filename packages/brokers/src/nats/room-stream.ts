import { createHash } from "node:crypto";
import type { Clock, Idempotency, Retention } from "@openline/hub";
import { JetStream, JetStreamError, jetStreamCodes, type StreamConfig, type StreamInfo } from "./jetstream.ts";
import type { NatsSession } from "./nats-session.ts";
import { encodeRoom } from "./room-text.ts";

/** What is written in a stream's description. */
interface Era {
  readonly epoch: string;
  /** The epoch has nothing of what lies at or below. */
  readonly after: number;
  /** When it began, in milliseconds since 1970. */
  readonly since: number;
  /** The fewest messages per room that the stream was ever told to keep. */
  readonly least: number;
}

export interface RoomStreamOptions {
  readonly name: string;
  readonly prefix: string;
  /** The token after the prefix in the subjects of what is stored. */
  readonly token: string;
  readonly replicas: number;
  readonly clock: Clock;
  readonly epoch: () => string;
  /** The stream is in another epoch than before. */
  readonly rotated: (epoch: string) => void;
}

/** A room's top is remembered so long beyond the age of its messages. */
const dayMs = 86_400_000;
const nanos = 1e6;
const initial: Retention = { messages: 15, bytes: 0, ageMs: 3_600_000 };

/** A stream in which each room is a subject, and its epoch, which stands in the stream's description. */
export class RoomStream {
  readonly #options: RoomStreamOptions;
  #era: Era = { epoch: "unknown", after: 0, since: 0, least: 0 };
  #limits: Pick<StreamConfig, "max_msgs_per_subject" | "max_age" | "duplicate_window"> | undefined;
  #changing: Promise<void> | undefined;
  #firstSeq = 1;
  /** The highest number that this node ever saw. */
  #highest = 0;

  constructor(options: RoomStreamOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get epoch(): string {
    return this.#era.epoch;
  }

  get after(): number {
    return this.#era.after;
  }

  /** Everything below was let go of. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  get maxAgeMs(): number {
    return (this.#limits?.max_age ?? 0) / nanos;
  }

  /** Where all stored messages lie. */
  get filter(): string {
    return `${this.#options.prefix}.${this.#options.token}.>`;
  }

  /** Where a room's stored messages lie. */
  subject(room: string): string {
    return `${this.#options.prefix}.${this.#options.token}.${encodeRoom(room)}`;
  }

  saw(seq: number): void {
    if (seq > this.#highest) this.#highest = seq;
  }

  /** True when a page that begins with the oldest kept, and has so many, begins with the first of the epoch: nothing was ever let go of. */
  isWhole(count: number): boolean {
    const { least, since } = this.#era;
    return count < least && this.#options.clock.now() - since < this.maxAgeMs;
  }

  /** Looks how the stream stands, makes it where there is none, and ends its epoch when it has fallen back. */
  async refresh(session: NatsSession): Promise<void> {
    const api = new JetStream(session);
    // Compared with what was seen before it was asked: more may be stored while the answer is on its way.
    const [epoch, highest] = [this.epoch, this.#highest];
    const info = await this.#ensure(api);
    this.#adopt(info);
    if (this.epoch === epoch && info.state.last_seq < highest) await this.rotate(session, this.epoch);
  }

  /** Ends an epoch if it is still the stream's. Of several nodes that find it necessary at once one does it: whose word is the first of its id. */
  async rotate(session: NatsSession, epoch: string): Promise<void> {
    const api = new JetStream(session);
    let info = await this.#ensure(api);
    const id = `rotate ${this.name} ${epoch}`;
    for (let round = 0; eraOf(info)?.epoch === epoch; round++) {
      const { text } = await session.request(`${this.#options.prefix}.${this.#options.token}.$lock`, "", hashed(`${id} ${round >> 7}`));
      const isFirst = !text.includes('"duplicate"');
      if (isFirst) {
        const after = info.state.last_seq;
        await api.update({ ...info.config, description: this.#describe({ after, least: info.config.max_msgs_per_subject }) });
        await api.purge(this.name, after + 1);
      } else await new Promise((resolve) => setTimeout(resolve, 20));
      info = await api.info(this.name);
    }
    this.#highest = info.state.last_seq;
    this.#adopt(info);
  }

  /** Resolves when the stream keeps at least as much as the rules ask for. It is never told to keep less. `changed` is called when it was told to keep more. */
  async keep(session: NatsSession, retention: Retention, idempotency: Idempotency | undefined, changed: () => void): Promise<void> {
    while (this.#changing !== undefined) await this.#changing;
    const wanted = limitsOf(retention, idempotency?.windowMs ?? 0);
    const has = this.#limits;
    if (has === undefined || !isMore(wanted, has)) return;
    this.#changing = this.#raise(new JetStream(session), wanted).finally(() => {
      this.#changing = undefined;
    });
    await this.#changing;
    changed();
  }

  async #raise(api: JetStream, wanted: ReturnType<typeof limitsOf>): Promise<void> {
    const { config, state } = await api.info(this.name);
    const limits = most(config, wanted);
    const era = eraOf({ config }) ?? this.#era;
    // Nothing was let go of yet: the old bound has never borne on anything.
    const isUntouched = state.first_seq <= era.after + 1 && (state.num_deleted ?? 0) === 0;
    const description = JSON.stringify({ ...era, ...(isUntouched && { least: limits.max_msgs_per_subject }) });
    this.#adopt(await api.update({ ...config, ...limits, description }));
  }

  async #ensure(api: JetStream): Promise<StreamInfo> {
    try {
      return await api.info(this.name);
    } catch (error) {
      if (!(error instanceof JetStreamError) || error.code !== jetStreamCodes.streamNotFound) throw error;
      return await this.#create(api);
    }
  }

  async #create(api: JetStream): Promise<StreamInfo> {
    const { prefix, replicas } = this.#options;
    const limits = limitsOf(initial, 120_000);
    const config = {
      name: this.name,
      description: this.#describe({ after: 0, least: limits.max_msgs_per_subject }),
      subjects: [this.filter],
      storage: "file",
      retention: "limits",
      discard: "old",
      num_replicas: replicas,
      republish: { src: this.filter, dest: `${prefix}.d.>` },
      ...limits,
    };
    try {
      return await api.create(config);
    } catch (error) {
      if (!(error instanceof JetStreamError) || error.code !== jetStreamCodes.streamNameInUse) throw error;
      return await api.info(this.name);
    }
  }

  #describe(era: Pick<Era, "after" | "least">): string {
    return JSON.stringify({ epoch: this.#options.epoch(), since: this.#options.clock.now(), ...era });
  }

  #adopt({ config, state }: StreamInfo): void {
    const era = eraOf({ config });
    if (era === undefined)
      throw new Error(`the stream ${this.name} is not one of Openline: its description is ${JSON.stringify(config.description)}`);
    const isOther = era.epoch !== this.#era.epoch;
    this.#era = era;
    this.#limits = config;
    this.#firstSeq = state.first_seq;
    if (!isOther) return;
    this.#highest = state.last_seq;
    this.#options.rotated(era.epoch);
  }
}

/** The next power of two, so that a stream is told anew seldom. One more than asked for: a client's own last message must be there to show that nothing after it is missing. */
function limitsOf(
  { messages, ageMs }: Retention,
  windowMs: number,
): Required<Pick<StreamConfig, "max_msgs_per_subject" | "max_age" | "duplicate_window">> {
  return {
    max_msgs_per_subject: 2 ** Math.max(4, Math.ceil(Math.log2(Math.min(messages, 2 ** 40) + 1))),
    max_age: 2 ** Math.ceil(Math.log2((ageMs + dayMs) * nanos)),
    duplicate_window: windowMs * nanos,
  };
}

type Limits = ReturnType<typeof limitsOf>;
const keys = ["max_msgs_per_subject", "max_age", "duplicate_window"] as const;
const isMore = (one: Limits, other: Limits): boolean => keys.some((key) => one[key] > other[key]);

function most(one: Limits, other: Limits): Limits {
  const of = (key: keyof Limits): number => Math.max(one[key], other[key]);
  return { max_msgs_per_subject: of("max_msgs_per_subject"), max_age: of("max_age"), duplicate_window: of("duplicate_window") };
}

function eraOf({ config }: Pick<StreamInfo, "config">): Era | undefined {
  try {
    const era: Era | null = JSON.parse(config.description);
    return typeof era?.epoch === "string" && typeof era.after === "number" ? era : undefined;
  } catch {
    return undefined;
  }
}

/** An id for JetStream, however long and with whatever characters. */
export function hashed(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 32);
}
