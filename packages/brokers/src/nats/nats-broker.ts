import {
  type Broker,
  type BrokerOutcome,
  type BrokerRoom,
  type Clock,
  epochStart,
  type IdSource,
  type Page,
  type Position,
  type Publication,
  type ReadFrom,
  type Signal,
  type StoredMessage,
  type Subscriber,
  type Subscription,
  Timer,
} from "@openline/hub";
import { type EngineEvent, EngineLink } from "../engine-link.ts";
import { Presence } from "../gossip/presence.ts";
import { JetStream, JetStreamError, readAnswer, type StoredText } from "./jetstream.ts";
import { type NatsAddress, readNatsAddress } from "./nats-address.ts";
import { loadNats, type NatsMessage, type NatsSession, type NatsTls, NobodyListensError, openNats } from "./nats-session.ts";
import { NatsSubscription } from "./nats-subscription.ts";
import { hashed, RoomStream } from "./room-stream.ts";
import { decodeRoom, liveSubject, messageOf, readRoomText, writeRoomText, writeSignal } from "./room-text.ts";

/** How a {@link NatsBroker} is opened. */
export interface NatsBrokerOptions {
  /** `nats[+tls]://[user:password@|token@]host[:port][?prefix=NAME&server=HOST:PORT&replicas=N&credentials=FILE]` */
  readonly url: string;
  readonly tls?: NatsTls;
  readonly clock: Clock;
  readonly ids: Pick<IdSource, "epoch" | "tag">;
  /** How often each followed room is compared with NATS, in milliseconds. Default 5,000. */
  readonly checkIntervalMs?: number;
  /** How often this node says who is there. Who is silent for three times as long has left. Default 2,000. */
  readonly heartbeatMs?: number;
  /** A server that accepts and does not answer is given up after so long, a third of it not counted. Default 3,000. */
  readonly watchdogMs?: number;
  /** How long a read or a subscription waits for NATS to be reachable. Default 5,000. */
  readonly patienceMs?: number;
  /** Hears what becomes of the link. Default: nobody. */
  readonly log?: (event: EngineEvent) => void;
}

interface FollowedRoom {
  readonly room: string;
  readonly subscriptions: Set<NatsSubscription>;
  stop: () => void;
}

/** Of fewer numbers all are read: that is one question less. */
const worthGuessing = 200;
/** So many rooms are checked at once. */
const checkStep = 200;

/**
 * Rooms in NATS JetStream, shared by any number of nodes: each room is a subject of a stream, what is stored is republished to those who listen,
 * members go by gossip. What a node may have missed is found by the links, and by a look every few seconds (docs/brokers/nats.md).
 */
export class NatsBroker implements Broker {
  readonly #options: NatsBrokerOptions;
  readonly #prefix: string;
  readonly #link: EngineLink<NatsSession>;
  readonly #presence: Presence;
  readonly #rooms = new Map<string, FollowedRoom>();
  readonly #streams: readonly [rooms: RoomStream, system: RoomStream];
  readonly #check: Timer;
  #closing: Promise<void> | undefined;
  #wasUp = false;

  private constructor(
    options: NatsBrokerOptions,
    address: NatsAddress,
    open: (lost: (error: unknown) => void, signal: AbortSignal) => Promise<NatsSession>,
  ) {
    this.#options = options;
    this.#prefix = address.prefix;
    const { clock, ids } = options;
    const watchdogMs = options.watchdogMs ?? 3_000;
    this.#link = new EngineLink({
      open: async (lost, signal) => await this.#prepare(await open(lost, signal)),
      clock,
      shown: `the NATS at ${address.shown}`,
      watchdogMs,
      patienceMs: options.patienceMs ?? 5_000,
      up: () => this.#onUp(),
      down: (error) => this.#onDown(error),
    });
    const heartbeatMs = options.heartbeatMs ?? 2_000;
    const send = (text: string): void => this.#link.session?.publish(`${this.#prefix}.g`, text);
    this.#presence = new Presence({ node: ids.epoch(), clock, heartbeatMs, send });
    const stream = (name: string, token: string): RoomStream =>
      new RoomStream({
        name: `${address.prefix}_${name}`,
        prefix: address.prefix,
        token,
        replicas: address.replicas,
        clock,
        epoch: ids.epoch,
        rotated: (epoch) => this.#onRotated(token, epoch),
        changed: (session) => session.publish(`${address.prefix}.r`, `${address.prefix}_${name}`),
      });
    this.#streams = [stream("rooms", "h"), stream("system", "y")];
    this.#check = new Timer(clock, () => void this.#checkAll().finally(() => this.#setCheck()));
  }

  /**
   * Connects, and makes the streams if they are not there. Later losses of the connection are the broker's own affair: it comes back by itself.
   * @throws BrokerError one line: the address is wrong, NATS cannot be reached or refuses, or the package `@nats-io/transport-node` is missing
   */
  static async open(options: NatsBrokerOptions): Promise<NatsBroker> {
    const address = readNatsAddress(options.url);
    const driver = await loadNats();
    const { tls, clock, watchdogMs: deadlineMs = 3_000 } = options;
    const broker = new NatsBroker(options, address, async (lost, signal) => {
      return await openNats(driver, { address, tls, clock, deadlineMs }, lost, signal);
    });
    await broker.#link.start();
    broker.#setCheck();
    return broker;
  }

  /** Whether NATS can be reached now. */
  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** How many other nodes are there whose members this one knows. */
  get peers(): number {
    return this.#presence.peers;
  }

  async publish(room: string, publication: Publication): Promise<BrokerOutcome> {
    const { session } = this.#link;
    // Nothing may wait to be sent later: it would be stored after the publisher was told that nothing is known.
    if (session === undefined) return { outcome: "unknown" };
    const stream = this.#streamOf(room);
    try {
      await stream.keep(session, publication.retention, publication.idempotency);
      return await this.#store(session, stream, room, publication);
    } catch (error) {
      if (error instanceof JetStreamError) this.#options.log?.({ type: "fault", error });
      // Nothing was stored: the epoch is over, or the stream is gone.
      if (error instanceof NobodyListensError) await this.#refresh(stream.name);
      return { outcome: "unknown" };
    }
  }

  signal(room: string, signal: Signal): void {
    // Ephemeral: while NATS is away it is lost, as announced.
    this.#link.session?.publish(liveSubject(this.#prefix, room), writeSignal(signal));
  }

  async read(room: string, from: ReadFrom): Promise<Page> {
    try {
      return await this.#read(await this.#link.ready(), room, from);
    } catch (error) {
      for (const subscription of this.#rooms.get(room)?.subscriptions ?? []) subscription.doubt();
      throw error;
    }
  }

  async subscribe(room: string, subscriber: Subscriber): Promise<Subscription> {
    const session = await this.#link.ready();
    const followed = this.#rooms.get(room) ?? { room, subscriptions: new Set(), stop: () => {} };
    const isNew = followed.subscriptions.size === 0;
    this.#rooms.set(room, followed);
    const stream = this.#streamOf(room);
    const subscription: NatsSubscription = new NatsSubscription(
      {
        clock: this.#options.clock,
        stream,
        last: async () => await new JetStream(await this.#link.ready()).message(stream.name, { last_by_subj: stream.subject(room) }),
        close: () => this.#forget(followed, subscription),
      },
      subscriber,
      this.#presence.sit(room, subscriber),
    );
    followed.subscriptions.add(subscription);
    try {
      if (isNew) this.#follow(session, followed);
      await session.ping();
      await subscription.start();
      return subscription;
    } catch (error) {
      subscription.close();
      throw error;
    }
  }

  async rotate(room: string, epoch: string): Promise<void> {
    await this.#streamOf(room).rotate(await this.#link.ready(), epoch);
  }

  async rooms(): Promise<readonly BrokerRoom[]> {
    const session = await this.#link.ready();
    const api = new JetStream(session);
    const rooms: BrokerRoom[] = [];
    for (const stream of this.#streams) {
      const { filter } = stream;
      for (const [subject, messages] of await api.subjects(stream.name, filter)) {
        if (subject.endsWith(".$lock")) continue;
        const room = decodeRoom(subject.slice(filter.length - 1));
        const { top } = await this.#read(session, room, { newest: 0 });
        rooms.push({ room, top, messages });
      }
    }
    return rooms;
  }

  /** Resolves when NATS has answered, and everything that it told this node before has come. For a health check. */
  async ping(): Promise<void> {
    await (await this.#link.ready()).ping();
  }

  /** Says that this node's members leave and ends the connection. What is still waiting for an answer ends as unknown. */
  close(): void {
    this.#closing ??= this.#close();
  }

  /** Resolves when the connection is closed; at once if nobody called `close`. */
  async closed(): Promise<void> {
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#check.clear();
    this.#presence.close();
    try {
      // The last words are on their way: they are given the time of one round trip.
      await this.#link.session?.ping();
    } catch {
      // The link is down: the others hear nothing more.
    }
    this.#link.close();
  }

  #streamOf(room: string): RoomStream {
    return this.#streams[room.startsWith("$") ? 1 : 0];
  }

  async #store(session: NatsSession, stream: RoomStream, room: string, publication: Publication): Promise<BrokerOutcome> {
    const { content, time, idempotency } = publication;
    const tag = this.#options.ids.tag();
    const text = writeRoomText({ tag, time, fingerprint: idempotency?.fingerprint ?? "-", content });
    let id = idempotency === undefined ? undefined : hashed(`${room}\u0000${idempotency.key}`);
    for (;;) {
      const { epoch, highest, after } = stream;
      const subject = stream.subject(room);
      const { text: answer } = await session.request(subject, text, id);
      const { seq, duplicate } = readAnswer<{ seq: number; duplicate?: boolean }>(answer);
      if (duplicate !== true) {
        if (seq <= highest) return await this.#fellBack(session, stream, epoch);
        stream.saw(seq);
        return { outcome: "stored", position: { epoch, offset: seq, tag } };
      }
      const first = await new JetStream(session).message(stream.name, { seq, next_by_subj: subject });
      const used = first?.seq === seq ? readRoomText(first.text) : undefined;
      // What an epoch that is over had is lost, and is stored anew; but what was used up in a system room stays used up.
      const isOver = seq <= after && !room.startsWith("$");
      // It is a duplicate, but nobody can say any more of what; the position proves nothing.
      if (used === undefined && !isOver) return { outcome: "duplicate", position: { epoch, offset: seq, tag: "gone" } };
      if (used !== undefined && !isOver && used.time + (idempotency?.windowMs ?? 0) > time) {
        if (used.fingerprint !== idempotency?.fingerprint) return { outcome: "conflict" };
        return { outcome: "duplicate", position: { epoch, offset: seq, tag: used.tag } };
      }
      // The window of the first one is over, though NATS still remembers it: whoever uses the id anew uses this one.
      id = hashed(`${id} ${seq}`);
    }
  }

  /** A message was stored at or below a number that was there before: NATS came back as an older one while nobody looked. */
  async #fellBack(session: NatsSession, stream: RoomStream, epoch: string): Promise<BrokerOutcome> {
    await stream.rotate(session, epoch);
    return { outcome: "unknown" };
  }

  async #read(session: NatsSession, room: string, from: ReadFrom): Promise<Page> {
    const stream = this.#streamOf(room);
    const { epoch } = stream;
    const page = await this.#readEpoch(session, stream, room, from);
    return stream.epoch === epoch ? page : await this.#read(session, room, from);
  }

  async #readEpoch(session: NatsSession, stream: RoomStream, room: string, from: ReadFrom): Promise<Page> {
    const { epoch } = stream;
    const subject = stream.subject(room);
    const api = new JetStream(session);
    const [last, first] = await Promise.all([
      api.message(stream.name, { last_by_subj: subject }),
      api.message(stream.name, { seq: 1, next_by_subj: subject }),
    ]);
    if (last === undefined || first === undefined) {
      const top = this.#knownTop(room, stream);
      return { messages: [], floor: top.offset, top };
    }
    const texts = await this.#texts(api, stream, subject, first, last, from);
    const newest = texts.at(-1);
    const top = newest !== undefined && newest.seq > last.seq ? newest : last;
    const isFromStart = texts[0]?.seq === first.seq && stream.isWhole(texts.length);
    const messages =
      "offset" in from ? texts : texts.filter(({ seq }) => seq < (from.before ?? Infinity)).slice(-from.newest || texts.length);
    return {
      messages: chain(messages, epoch, isFromStart && messages[0] === texts[0]),
      floor: first.seq,
      top: messageOf(top, epoch, undefined).position,
    };
  }

  /** What of the room must be read to answer. */
  async #texts(
    api: JetStream,
    stream: RoomStream,
    subject: string,
    first: StoredText,
    last: StoredText,
    from: ReadFrom,
  ): Promise<readonly StoredText[]> {
    if (!("offset" in from) && from.newest === 0) return [];
    if (!("offset" in from || "before" in from)) {
      const newest = await this.#newest(api, stream, subject, first, last, from.newest);
      if (newest !== undefined) return newest;
    }
    const [start, most] = "offset" in from ? [Math.max(from.offset, first.seq), from.limit ?? Infinity] : [first.seq, Infinity];
    if (start > last.seq || most <= 0) return [];
    if (first.seq === last.seq) return [first];
    if (start === last.seq) return [last];
    return await api.page(stream.name, subject, start, most, this.#options.watchdogMs ?? 3_000);
  }

  /** The newest messages without all those before, where they lie where they would if a room's messages were spread evenly. */
  async #newest(
    api: JetStream,
    stream: RoomStream,
    subject: string,
    first: StoredText,
    last: StoredText,
    wanted: number,
  ): Promise<readonly StoredText[] | undefined> {
    const span = last.seq - first.seq;
    if (span < worthGuessing) return undefined;
    const count = (await api.subjects(stream.name, subject)).get(subject) ?? 0;
    const start = Math.floor(last.seq - (span * 2 * wanted) / Math.max(1, count));
    if (start <= first.seq) return undefined;
    const texts = await api.page(stream.name, subject, start, Number.POSITIVE_INFINITY, this.#options.watchdogMs ?? 3_000);
    return texts.length >= wanted ? texts : undefined;
  }

  /** Of a room of which nothing is kept only who was there can tell where it stands. */
  #knownTop(room: string, stream: RoomStream): Position {
    for (const { known } of this.#rooms.get(room)?.subscriptions ?? [])
      if (known.epoch === stream.epoch && known.tag !== "doubt" && known.offset < stream.firstSeq) return known;
    return epochStart(stream.epoch);
  }

  #follow(session: NatsSession, followed: FollowedRoom): void {
    followed.stop = session.subscribe(liveSubject(this.#prefix, followed.room, "*"), (message: NatsMessage) => {
      for (const subscription of followed.subscriptions) subscription.hear(message);
    });
  }

  #forget(followed: FollowedRoom, subscription: NatsSubscription): void {
    followed.subscriptions.delete(subscription);
    if (followed.subscriptions.size > 0 || this.#rooms.get(followed.room) !== followed) return;
    this.#rooms.delete(followed.room);
    if (this.isUp) followed.stop();
  }

  /** Takes up what is heard, before anybody may use the session. */
  async #prepare(session: NatsSession): Promise<NatsSession> {
    try {
      session.subscribe(`${this.#prefix}.g`, ({ text }) => this.#presence.hear(text));
      session.subscribe(`${this.#prefix}.r`, ({ text }) => void this.#refresh(text));
      for (const followed of this.#rooms.values()) this.#follow(session, followed);
      for (const stream of this.#streams) await stream.refresh(session);
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  #onUp(): void {
    if (this.#wasUp) this.#options.log?.({ type: "up" });
    this.#wasUp = true;
    this.#presence.up();
    void this.#checkAll();
  }

  #onDown(error: unknown): void {
    this.#presence.down();
    for (const { subscriptions } of this.#rooms.values()) for (const subscription of subscriptions) subscription.interrupted();
    this.#options.log?.({ type: "down", error });
  }

  #onRotated(token: string, epoch: string): void {
    for (const { room, subscriptions } of this.#rooms.values())
      if (room.startsWith("$") === (token === "y")) for (const subscription of subscriptions) subscription.rotated(epoch);
  }

  async #refresh(name: string): Promise<void> {
    const { session } = this.#link;
    const stream = this.#streams.find((one) => one.name === name);
    if (session === undefined || stream === undefined) return;
    await this.#attempt(async () => await stream.refresh(session));
  }

  #setCheck(): void {
    if (this.#closing !== undefined) return;
    this.#check.set((this.#options.checkIntervalMs ?? 5_000) * (0.75 + Math.random() / 2));
  }

  /** Never rejects: what failed because the link is down is done again when it is up. */
  async #checkAll(): Promise<void> {
    for (const { name } of this.#streams) await this.#refresh(name);
    const all = Array.from(this.#rooms.values(), ({ subscriptions }) => [...subscriptions]).flat();
    for (let index = 0; index < all.length && this.isUp; index += checkStep) {
      const part = all.slice(index, index + checkStep);
      await Promise.all(part.map(async (subscription) => await this.#attempt(async () => await subscription.check())));
    }
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof JetStreamError) this.#options.log?.({ type: "fault", error });
    }
  }
}

/** Neighbours on a page are neighbours in the room: only the oldest are ever let go of. */
function chain(texts: readonly StoredText[], epoch: string, isFirst: boolean): StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (const text of texts) messages.push(messageOf(text, epoch, messages.at(-1)?.position ?? (isFirst ? null : undefined)));
  return messages;
}
