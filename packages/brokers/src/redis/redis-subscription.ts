import { type Clock, type Position, type Subscriber, type Subscription, samePosition } from "@openline/hub";
import type { RedisLink } from "./redis-link.ts";
import { type ChannelEvent, type MemberEntry, readMember, readMemberEntry, readPosition, texts } from "./redis-text.ts";
import type { RoomKeys } from "./room-keys.ts";
import { checkScript, enterScript, exitScript, leaveScript, type Script, syncScript } from "./scripts.ts";

type Member = Subscription["members"][number];

/** What all subscriptions of a broker share. */
export interface SubscriptionContext {
  readonly link: RedisLink;
  readonly clock: Clock;
  readonly epoch: () => string;
  readonly publishCommand: string;
  /** How long a room's epoch is remembered after the last sign of life. */
  readonly lifeMs: number;
  /** How long the members of a node stay when it does not say any more that it lives. */
  readonly leaseMs: number;
  readonly fault: (error: unknown) => void;
}

/** How long what was told on one connection may stand behind the answer on the other. */
const crossingMs = 50;

/**
 * One node's ear at one room in Redis. Keeps what Redis was last heard to say, asks again whether that still holds, and makes Redis know
 * this node's members; everything that may have been missed becomes `insufficient`, and the node reads again.
 */
export class RedisSubscription implements Subscription {
  top: Position = { epoch: "unknown", offset: 0, tag: "0" };
  readonly #context: SubscriptionContext;
  readonly #keys: RoomKeys;
  readonly #node: string;
  readonly #subscriber: Subscriber;
  readonly #onClose: () => void;
  readonly #own = new Map<string, Member>();
  /** Session -> which node has it, and the member. */
  readonly #others = new Map<string, MemberEntry>();
  /** What came before Redis has said where the room stands. */
  #early: ChannelEvent[] | undefined = [];
  /** Changes of members that came while the whole list was on its way. */
  #held: ChannelEvent[] | undefined;
  #known: Position = this.top;
  #version = 0;
  #isSynced = false;
  #isClosed = false;

  constructor(context: SubscriptionContext, keys: RoomKeys, node: string, subscriber: Subscriber, onClose: () => void) {
    this.#context = context;
    this.#keys = keys;
    this.#node = node;
    this.#subscriber = subscriber;
    this.#onClose = onClose;
  }

  get members(): readonly Member[] {
    return Array.from(this.#others.values(), ({ member }) => member);
  }

  /** Begins: afterwards `top` and `members` hold, and everything later is told. */
  async start(): Promise<void> {
    const { top, version, others } = await this.#sync();
    this.top = top;
    this.#known = top;
    this.#version = version;
    for (const [session, entry] of others) this.#others.set(session, entry);
    this.#isSynced = true;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) {
      const isCovered =
        event.type === "message" && event.message.position.epoch === top.epoch && event.message.position.offset <= top.offset;
      if (!isCovered && event.type !== "rotated") this.hear(event);
    }
  }

  /** The link was down: nothing that Redis was heard to say can be relied on. */
  async resume(): Promise<void> {
    if (this.#early !== undefined || this.#isClosed) return;
    this.#isSynced = false;
    await this.check();
  }

  /** Asks whether Redis still stands where this node does, and says that the node lives. */
  async check(): Promise<void> {
    if (this.#early !== undefined || this.#isClosed || this.#held !== undefined) return;
    if (!this.#isSynced) return await this.#resync();
    const { epoch, offset, tag } = this.#known;
    const versionBefore = this.#version;
    const reply = await this.#run(checkScript, [...this.#common(), epoch, offset, tag]);
    const [newEpoch = "", newOffset = "0", newTag = "0", version, held] = texts(reply);
    await this.#compare(readPosition(newEpoch, newOffset, newTag));
    // Behind what was told before: Redis lost something, and went on.
    const isFallen = Number(version) < versionBefore;
    if (held === "0" || isFallen || Number(version) > this.#version || !this.#isSynced) await this.#resync();
  }

  /** A read of the room failed: what it was to show is still to be shown. */
  doubt(): void {
    this.#isSynced = false;
    this.#known = { ...this.#known, tag: "doubt" };
  }

  hear(event: ChannelEvent): void {
    if (this.#isClosed) return;
    if (this.#early !== undefined) return void this.#early.push(event);
    switch (event.type) {
      case "message":
        this.#known = later(this.#known, event.message.position);
        return this.#subscriber.message(event.message);
      case "signal":
        return this.#subscriber.signal(event.signal);
      case "rotated":
        this.#known = { epoch: event.epoch, offset: 0, tag: "0" };
        return this.#subscriber.insufficient();
      case "entered":
      case "exited":
        if (this.#held === undefined) this.#changeMembers(event);
        else this.#held.push(event);
    }
  }

  enter(member: Member): void {
    this.#own.set(member.session, member);
    const { publishCommand, leaseMs } = this.#context;
    this.#tell(enterScript, [this.#node, member.session, JSON.stringify(member), publishCommand, this.#keys.channel, leaseMs]);
  }

  exit(session: string): void {
    if (!this.#own.delete(session)) return;
    this.#tell(exitScript, [this.#node, session, this.#context.publishCommand, this.#keys.channel]);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell(leaveScript, [this.#node, this.#context.publishCommand, this.#keys.channel]);
    this.#onClose();
  }

  /** What could not be told is told by the next sync; after `close` the lease runs out. */
  #tell(script: Script, args: readonly (string | number)[]): void {
    this.#run(script, args).catch(() => {
      this.#isSynced = false;
    });
  }

  #common(): (string | number)[] {
    const { epoch, lifeMs, leaseMs, publishCommand } = this.#context;
    return [epoch(), lifeMs, this.#node, leaseMs, publishCommand, this.#keys.channel];
  }

  async #run(script: Script, args: readonly (string | number)[]): Promise<unknown> {
    const { meta, stream, members, nodes } = this.#keys;
    return await this.#context.link.run(script, [meta, stream, members, nodes].slice(0, script.keys), args);
  }

  async #sync(): Promise<{ top: Position; version: number; others: Map<string, MemberEntry> }> {
    const own = Array.from(this.#own.values(), (member) => [member.session, JSON.stringify(member)]).flat();
    const reply = await this.#run(syncScript, [...this.#common(), ...own]);
    const [epoch = "", offset = "0", tag = "0", version = "0"] = texts(reply);
    const others = new Map<string, MemberEntry>();
    for (const text of texts(Array.isArray(reply) ? reply[4] : [])) {
      const entry = readMemberEntry(text);
      if (entry !== undefined) others.set(entry.member.session, entry);
    }
    return { top: readPosition(epoch, offset, tag), version: Number(version), others };
  }

  async #resync(): Promise<void> {
    this.#held = [];
    try {
      // Set first: what cannot be told meanwhile takes it back.
      this.#isSynced = true;
      const { top, version, others } = await this.#sync();
      if (this.#isClosed) return;
      this.#adopt(version, others);
      await this.#compare(top);
    } catch (error) {
      this.#isSynced = false;
      throw error;
    } finally {
      const held = this.#held;
      this.#held = undefined;
      for (const event of held) this.hear(event);
    }
  }

  /** The list as it stands now, told as the joins and leaves that lead there. */
  #adopt(version: number, others: ReadonlyMap<string, MemberEntry>): void {
    this.#version = version;
    for (const session of this.#others.keys()) {
      if (others.has(session)) continue;
      this.#others.delete(session);
      this.#subscriber.exited(session);
    }
    for (const [session, entry] of others) this.#putOther(session, entry);
  }

  /** A member that is there already and is another now counts as entered. */
  #putOther(session: string, entry: MemberEntry): void {
    const isNews = this.#others.get(session)?.json !== entry.json;
    this.#others.set(session, entry);
    if (isNews) this.#subscriber.entered(entry.member);
  }

  #changeMembers(event: Extract<ChannelEvent, { type: "entered" | "exited" }>): void {
    if (event.version <= this.#version) return;
    // A step was missed: the next check sees it too, but this is sooner.
    if (event.version > this.#version + 1) this.#isSynced = false;
    this.#version = event.version;
    if (event.node === this.#node) return this.#checkOwn(event);
    if (event.type === "exited") {
      if (this.#others.get(event.session)?.node !== event.node) return;
      this.#others.delete(event.session);
      return this.#subscriber.exited(event.session);
    }
    const member = readMember(event.member);
    if (member !== undefined) this.#putOther(member.session, { node: event.node, member, json: event.member });
  }

  /**
   * What Redis did with this node's own members. After a cut an old word of the node may arrive behind its sync, and others may have
   * thought it gone: what is not so any more is told by the next sync.
   */
  #checkOwn(event: Extract<ChannelEvent, { type: "entered" | "exited" }>): void {
    const isTrue = event.type === "exited" ? !this.#own.has(event.session) : this.#isOwn(event.member);
    if (!isTrue) this.#isSynced = false;
  }

  #isOwn(json: string): boolean {
    return JSON.stringify(this.#own.get(readMember(json)?.session ?? "")) === json;
  }

  /** A live message may still be on its way on the other connection: it is given its time before anybody doubts. */
  async #compare(top: Position): Promise<void> {
    if (covers(this.#known, top)) return;
    await new Promise<void>((resolve) => void this.#context.clock.setTimeout(resolve, crossingMs));
    if (this.#isClosed || covers(this.#known, top)) return;
    this.#known = top;
    this.#subscriber.insufficient();
  }
}

/** True when a node at `known` has heard all that a room at `top` has said. */
function covers(known: Position, top: Position): boolean {
  return samePosition(known, top) || (known.epoch === top.epoch && known.offset > top.offset && known.tag !== "doubt");
}

function later(known: Position, heard: Position): Position {
  return known.epoch === heard.epoch && known.offset > heard.offset && known.tag !== "doubt" ? known : heard;
}
