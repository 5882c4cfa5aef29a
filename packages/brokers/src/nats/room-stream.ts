import { createHash } from "node:crypto";
import type { Clock, Idempotency, Retention } from "@openline/hub";
import { JetStream, JetStreamError, jetStreamCodes, readAnswer, type StreamConfig, type StreamInfo } from "./jetstream.ts";
import { type NatsSession, NobodyListensError } from "./nats-session.ts";
import { encodeRoom } from "./room-text.ts";

/** What is written in a stream's description. */
interface Era {
  readonly epoch: string;
  /** How often the stream was changed in this epoch. */
  readonly revision: number;
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
  /** This node has changed the stream: the others are to look at it. */
  readonly changed: (session: NatsSession) => void;
}

/** What is said of the stream when it is changed. */
type Change = Partial<Pick<StreamConfig, "max_msgs_per_subject" | "max_age" | "duplicate_window">> & { readonly era: Era };

/** A room's top is remembered so long beyond the age of its messages. */
const dayMs = 86_400_000;
const nanos = 1e6;
const initial: Retention = { messages: 15, bytes: 0, ageMs: 3_600_000 };

/** Who won the right to change a stream has so long to do it, in milliseconds; the others wait more than twice as long before they try anew. */
const changeMs = 1_000;
const pauseMs = 20;
const patientRounds = 128;

/**
 * A stream in which each room is a subject, and its epoch, which stands in the stream's description and in the subjects: NATS stores nothing under an
 * epoch that is over, and whoever is told of a message is told of which epoch it is.
 */
export class RoomStream {
  readonly #options: RoomStreamOptions;
  #era: Era = { epoch: "unknown", revision: 0, after: 0, since: 0, least: 0 };
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

  /** What lies at or below is of epochs that are over. */
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

  /** The highest number that this node ever saw in this epoch. */
  get highest(): number {
    return this.#highest;
  }

  /** Where all messages of the epoch lie. */
  get filter(): string {
    return this.#subjects(this.epoch);
  }

  /** Where a room's messages of the epoch lie. */
  subject(room: string): string {
    return this.#subject(this.epoch, encodeRoom(room));
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
    // Compared with what was seen before it was asked: more may be stored while the answer is on its way.
    const [epoch, highest] = [this.epoch, this.#highest];
    const info = await this.#ensure(new JetStream(session));
    this.#adopt(info);
    if (this.epoch !== epoch) return;
    if (info.state.last_seq < highest) await this.rotate(session, epoch);
    else this.saw(info.state.last_seq);
  }

  /** Ends an epoch if it is still the stream's. */
  async rotate(session: NatsSession, epoch: string): Promise<void> {
    const info = await this.#change(session, ({ config }, era, place) => {
      if (era.epoch !== epoch) return undefined;
      return { era: this.#newEra(place, config.max_msgs_per_subject) };
    });
    this.#adopt(info);
    const api = new JetStream(session);
    if (info.state.first_seq <= this.after) await api.purge(this.name, this.after + 1);
  }

  /** Resolves when the stream keeps at least as much as the rules ask for. It is never told to keep less. */
  async keep(session: NatsSession, retention: Retention, idempotency: Idempotency | undefined): Promise<void> {
    while (this.#changing !== undefined) await this.#changing;
    const wanted = limitsOf(retention, idempotency?.windowMs ?? 0);
    const has = this.#limits;
    if (has === undefined || !isMore(wanted, has)) return;
    this.#changing = this.#raise(session, wanted).finally(() => {
      this.#changing = undefined;
    });
    await this.#changing;
  }

  async #raise(session: NatsSession, wanted: Limits): Promise<void> {
    const info = await this.#change(session, ({ config, state }, era) => {
      if (!isMore(wanted, config)) return undefined;
      const limits = most(config, wanted);
      // Nothing was let go of yet: the old bound has never borne on anything.
      const isUntouched = state.first_seq <= era.after + 1 && (state.num_deleted ?? 0) === 0;
      return { ...limits, era: { ...era, ...(isUntouched && { least: limits.max_msgs_per_subject }) } };
    });
    this.#adopt(info);
  }

  /**
   * Changes the stream as `edit` says, until it says nothing more. NATS takes any change, whatever it was made of: so each goes to the node whose word
   * is the first of its id, which names the state that it starts from.
   */
  async #change(session: NatsSession, edit: (info: StreamInfo, era: Era, place: number) => Change | undefined): Promise<StreamInfo> {
    const api = new JetStream(session);
    for (let round = 0; ; round++) {
      const info = await this.#ensure(api);
      const era = this.#eraOf(info);
      if (edit(info, era, 0) === undefined) return info;
      const place = await this.#win(session, era, Math.floor(round / patientRounds));
      const change = place === undefined ? undefined : edit(info, era, place);
      if (change === undefined) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      else await this.#apply(api, session, info, change);
    }
  }

  async #apply(api: JetStream, session: NatsSession, { config }: StreamInfo, { era, ...limits }: Change): Promise<void> {
    const description = JSON.stringify({ ...era, revision: era.revision + 1 });
    await api.update({ ...config, ...limits, description, subjects: [this.#subjects(era.epoch)] });
    this.#options.changed(session);
  }

  /** Where this node's word lies that it is to change the stream; nothing where it is another's turn, or its own is over before it began. */
  async #win(session: NatsSession, { epoch, revision }: Era, turn: number): Promise<number | undefined> {
    const asked = this.#options.clock.now();
    try {
      const { text } = await session.request(this.#subject(epoch, "$lock"), "", hashed(`${this.name} ${epoch} ${revision} ${turn}`));
      const { seq, duplicate } = readAnswer<{ seq: number; duplicate?: boolean }>(text);
      return duplicate !== true && this.#options.clock.now() - asked < changeMs ? seq : undefined;
    } catch (error) {
      if (error instanceof NobodyListensError) return undefined;
      throw error;
    }
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
    const { prefix, token, replicas } = this.#options;
    const limits = limitsOf(initial, 120_000);
    const era = this.#newEra(0, limits.max_msgs_per_subject);
    const config = {
      name: this.name,
      description: JSON.stringify(era),
      subjects: [this.#subjects(era.epoch)],
      storage: "file",
      retention: "limits",
      discard: "old",
      num_replicas: replicas,
      republish: { src: `${prefix}.${token}.>`, dest: `${prefix}.d.>` },
      ...limits,
    };
    try {
      return await api.create(config);
    } catch (error) {
      if (!(error instanceof JetStreamError) || error.code !== jetStreamCodes.streamNameInUse) throw error;
      return await api.info(this.name);
    }
  }

  #newEra(after: number, least: number): Era {
    return { epoch: this.#options.epoch(), revision: 0, after, since: this.#options.clock.now(), least };
  }

  #subjects(epoch: string): string {
    return this.#subject(epoch, ">");
  }

  #subject(epoch: string, last: string): string {
    return `${this.#options.prefix}.${this.#options.token}.${epoch}.${last}`;
  }

  #adopt(info: StreamInfo): void {
    const { config, state } = info;
    const era = this.#eraOf(info);
    const isOther = era.epoch !== this.#era.epoch;
    this.#era = era;
    this.#limits = config;
    this.#firstSeq = state.first_seq;
    if (!isOther) return;
    this.#highest = state.last_seq;
    this.#options.rotated(era.epoch);
  }

  #eraOf({ config }: StreamInfo): Era {
    const era = readEra(config.description);
    if (era !== undefined) return era;
    throw new Error(`the stream ${this.name} is not one of Openline: its description is ${JSON.stringify(config.description)}`);
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

function readEra(description: string): Era | undefined {
  try {
    const era: Era | null = JSON.parse(description);
    return typeof era?.epoch === "string" && typeof era.revision === "number" ? era : undefined;
  } catch {
    return undefined;
  }
}

/** An id for JetStream, however long and with whatever characters. */
export function hashed(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 32);
}
