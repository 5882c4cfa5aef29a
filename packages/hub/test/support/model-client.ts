import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { type Member, parseServerMessage, type ServerMessage, type SessionCredentials } from "@openline/wire";
import type { Connection } from "../../src/connection.ts";
import type { Hub } from "../../src/hub.ts";
import { decodePosition } from "../../src/position.ts";
import type { Observation } from "../../src/testing/observation.ts";
import type { OutgoingMessage, Transport } from "../../src/transport.ts";
import type { Entry, FaultyBroker } from "./faulty-broker.ts";

type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

/** What a client believes of a room. */
interface View {
  /** Where it stands; unknown while the first message of a rewind is on its way. */
  cursor: string | undefined;
  /** The position from before, to come back with. */
  position: string | undefined;
  awaiting: number | undefined;
  asked: string | undefined;
  isJoined: boolean;
  replayLeft: number;
  members: Map<string, Member>;
  /** What it last showed of itself; not told to anybody, perhaps. */
  own: unknown;
}

/** A publish that has an id and no answer yet. */
interface Unanswered {
  readonly room: string;
  readonly data: { readonly by: string; readonly sequence: number };
  readonly id: string;
}

type Unplaced<O> = O extends unknown ? Omit<O, "at" | "client" | "room"> : never;

/** What names a message in a history: whose number it is, or its text where the application published it. */
export function tokenOf(data: unknown): string {
  if (typeof data !== "object" || data === null || !("by" in data && "sequence" in data)) return JSON.stringify(data);
  return `${String(data.by)}-${String(data.sequence)}`;
}

/** A client that holds what it is told about members and positions against the store's own log, and writes down the rest for the checker of histories. */
export class ModelClient {
  readonly name: string;
  readonly views = new Map<string, View>();
  readonly counts = {
    recovered: 0,
    refused: 0,
    insufficient: 0,
    delivered: 0,
    tooSlow: 0,
    gaps: 0,
    away: 0,
    batches: 0,
    direct: 0,
    assigned: 0,
    removed: 0,
    pages: 0,
  };
  connection: Connection | undefined;
  isStalled = false;
  failure: unknown;
  #broker: FaultyBroker;
  #room = 0;
  #link: object | undefined;
  #session: SessionCredentials | undefined;
  #ref = 0;
  #sequence = 0;
  #publishes = new Map<number, Unanswered>();
  #again: Unanswered[] = [];
  /** Requests for members, and what was believed of the room by whom they were made. */
  readonly #pages = new Map<number, View>();
  /** Updates without an answer yet. */
  readonly #updates = new Map<number, unknown>();
  /** Told of every recovery that was refused. */
  onRefused: (room: string, position: string) => void = () => {};

  readonly #record: (observation: Observation) => void;

  constructor(name: string, broker: FaultyBroker, record: (observation: Observation) => void) {
    this.name = name;
    this.#broker = broker;
    this.#record = record;
  }

  #observe(room: string, what: Unplaced<Observation>): void {
    this.#record({ at: 0, client: this.name, room, ...what });
  }

  connect(hub: Hub): void {
    const older = this.connection;
    this.#gone();
    this.isStalled = false;
    const link = {};
    this.#link = link;
    const transport: Transport = {
      kind: "model",
      send: (message) => this.#link !== link || this.#checked(() => this.#receive(message)),
      close: (code) => {
        this.#checked(() => {
          if (this.#link === link) this.#closed(code);
          else assert.equal(code, 4405, "an older connection is closed by its takeover");
          return true;
        });
      },
    };
    this.connection = hub.open(transport);
    this.#say({ type: "connect", version: 1, user: this.name, ...(this.#session && { session: this.#session }) });
    // The other node knows nothing of the older connection: it breaks some time.
    older?.closed(1006, false);
  }

  join(room: string, rewind: number): void {
    const view = this.views.get(room) ?? newView();
    this.views.set(room, view);
    const position = view.position;
    view.asked = position;
    view.isJoined = false;
    view.awaiting = this.#say({ type: "join", room, presence: true, rewind, ...(position !== undefined && { position }) });
  }

  leave(room: string): void {
    if (this.views.delete(room)) this.#observe(room, { type: "left" });
    this.#say({ type: "leave", room });
  }

  /** Shows other data to the others. */
  update(room: string, data: unknown): void {
    this.#updates.set(this.#say({ type: "update", room, data }), data);
  }

  /** Asks for all members, two at a time. */
  askMembers(room: string, after?: string): void {
    const view = this.views.get(room);
    if (view?.isJoined === true)
      this.#pages.set(this.#say({ type: "members", room, limit: 2, ...(after !== undefined && { after }) }), view);
  }

  /** The public id of its session. */
  get session(): string | undefined {
    return this.#session?.id;
  }

  publish(room: string, withId: boolean): void {
    // What waits for a repeat goes first, or the order would be lost (hub-v1, Publishing).
    this.repeat();
    if (this.#again.some((waiting) => waiting.room === room)) return;
    const data = { by: this.name, sequence: ++this.#sequence };
    this.#observe(room, { type: "publish", token: tokenOf(data), lane: this.#session?.id ?? "", sequence: this.#sequence });
    if (!withId) return void this.#say({ type: "publish", room, data });
    const publish = { room, data, id: `${this.name}-${this.#sequence}` };
    this.#publishes.set(this.#say({ type: "publish", ...publish }), publish);
  }

  direct(user: string): void {
    this.#say({ type: "send", user, data: { to: user } });
  }

  ephemeral(room: string): void {
    this.#say({ type: "publish", room, data: { by: this.name }, ephemeral: true });
  }

  /** Publishes again what got no answer, in its order. */
  repeat(): void {
    // While others of the room are under way they may be refused for the one without an outcome: then they go again behind it.
    const busy = new Set(Array.from(this.#publishes.values(), ({ room }) => room));
    const again = this.#again.filter(({ room }) => !busy.has(room));
    this.#again = this.#again.filter(({ room }) => busy.has(room));
    for (const publish of again) this.#publishes.set(this.#say({ type: "publish", ...publish }), publish);
  }

  break(code: number, clean: boolean): void {
    this.connection?.closed(code, clean);
    this.#gone();
  }

  /** A hub survives a transport that throws, so what is found wrong is kept for the test to see. */
  #checked(act: () => boolean): boolean {
    try {
      return act();
    } catch (error) {
      this.failure ??= error;
      return true;
    }
  }

  #receive(message: OutgoingMessage): boolean {
    const parsed = parseServerMessage(message.text);
    assert.ok(parsed.ok, message.text);
    this.#hear(parsed.message);
    return !(this.isStalled && --this.#room < 0);
  }

  #closed(code: number): void {
    assert.ok(code === 4503 || code === 1001, `closed with ${code}`);
    if (code === 4503) this.counts.tooSlow++;
    this.#gone();
  }

  stall(): void {
    this.isStalled = true;
    this.#room = 3;
  }

  drain(): void {
    this.isStalled = false;
    this.connection?.drained();
  }

  #gone(): void {
    this.connection = undefined;
    this.#link = undefined;
    for (const [room, view] of this.views) {
      this.#observe(room, { type: "away" });
      view.isJoined = false;
      view.awaiting = undefined;
    }
    // A repeat that was under way may stand behind what was published after it: the order is that of the first attempts.
    this.#again = [...this.#publishes.values(), ...this.#again].toSorted((one, other) => one.data.sequence - other.data.sequence);
    this.#publishes.clear();
    this.#pages.clear();
    this.#updates.clear();
  }

  #say(message: Record<string, unknown>): number {
    this.connection?.receive(JSON.stringify({ ...message, ref: ++this.#ref }));
    return this.#ref;
  }

  #hear(message: ServerMessage): void {
    if (message.type === "connected") this.#connected(message);
    else if (message.type === "joined") this.#joined(message);
    else if (message.type === "published") this.#published(message);
    else if (message.type === "error") this.#error(message);
    else if (message.type === "left") this.#left(message);
    else if (message.type === "members") this.#page(message);
    else if (message.type === "updated") this.#updated(message);
    else if (message.type === "direct") {
      this.counts.direct++;
      assert.deepEqual(message.data, { to: this.name }, "a direct message for somebody else");
    } else if (message.type === "ephemeral") {
      assert.notEqual(message.session, this.#session?.id, "an ephemeral message came back to its publisher");
    } else if ("room" in message) this.#heardInRoom(message, this.views.get(message.room));
  }

  #connected({ session, resumed }: Of<"connected">): void {
    // Another session's ids are not this one's: what had no answer stays without one.
    if (!resumed) this.#again = [];
    this.#session = session;
  }

  #heardInRoom(message: ServerMessage, view: View | undefined): void {
    if (view === undefined || !view.isJoined) return;
    if (message.type === "message") this.#message(message, view);
    else if (message.type === "presence") this.#presence(message, view);
    else if (message.type === "gap") {
      this.counts.gaps++;
      this.#observe(message.room, { type: "gap", count: message.count, position: message.position });
      assert.equal(view.replayLeft, 0, "a gap amid a replay");
      if (view.cursor !== undefined) assert.equal(offsetOf(message.position), offsetOf(view.cursor) + message.count, "what a gap counts");
      view.cursor = message.position;
      view.position = message.position;
    } else if (message.type === "insufficient") {
      this.counts.insufficient++;
      this.#observe(message.room, { type: "insufficient", position: message.position });
      assert.equal(view.replayLeft, 0, "insufficient amid a replay");
      view.cursor = message.position;
      view.position = message.position;
    }
  }

  #presence({ joined = [], left = [], changed = [], memberCount }: Of<"presence">, view: View): void {
    if (joined.length + left.length + changed.length > 1) this.counts.batches++;
    for (const { session } of left) assert.ok(view.members.delete(session), "a member left twice");
    for (const member of joined) {
      assert.ok(member.session === this.#session?.id || !view.members.has(member.session), "a member joined twice");
      view.members.set(member.session, member);
    }
    for (const member of changed) {
      assert.ok(view.members.has(member.session), "a member changed that had not joined");
      if (member.away !== undefined) this.counts.away++;
      view.members.set(member.session, member);
    }
    assert.equal(view.members.size, memberCount, "memberCount");
  }

  #updated({ ref, room }: Of<"updated">): void {
    const view = this.views.get(room);
    if (view !== undefined) view.own = this.#updates.get(ref);
    this.#updates.delete(ref);
  }

  /** A list shows what was told before it, neither more nor less; the client itself also as it made itself since. */
  #page({ ref, room, members, next, memberCount }: Of<"members">): void {
    const view = this.#pages.get(ref);
    this.#pages.delete(ref);
    if (view === undefined || this.views.get(room) !== view || !view.isJoined) return;
    this.counts.pages++;
    assert.equal(memberCount, view.members.size, "memberCount of a page");
    for (const member of members) {
      const told = view.members.get(member.session);
      const isUpdated: boolean = member.session === this.session && view.own !== undefined && isDeepStrictEqual(member.data, view.own);
      assert.deepEqual(isUpdated ? { ...told, data: view.own } : told, member, "a page shows another member than was told");
    }
    if (next !== undefined) this.askMembers(room, next);
  }

  #left({ room, ref }: Of<"left">): void {
    const view = this.views.get(room);
    // A join on its way is answered for itself; so is one that was sent after this leave.
    if (view === undefined || view.awaiting !== undefined) return;
    if (ref === undefined) this.counts.removed++;
    this.views.delete(room);
    this.#observe(room, { type: "left" });
  }

  /** The application has put the session into a room. One that the client knows it joins by itself. */
  #assigned(room: string): View | undefined {
    if (this.views.has(room)) return undefined;
    this.counts.assigned++;
    const view = newView();
    this.views.set(room, view);
    return view;
  }

  #joined(message: Of<"joined">): void {
    const view = message.ref === undefined ? this.#assigned(message.room) : this.views.get(message.room);
    if (view === undefined || view.awaiting !== message.ref) return;
    view.awaiting = undefined;
    view.isJoined = true;
    const { room, position, replay, recovered } = message;
    this.#observe(room, { type: "joined", position, replay, recovered });
    view.own = undefined;
    view.members = new Map(message.members?.map((member) => [member.session, member]));
    assert.equal(view.members.size, message.memberCount, "memberCount in joined");
    assert.equal(message.recovered === undefined, view.asked === undefined, "recovered without a position, or none with one");
    view.replayLeft = message.replay;
    if (message.recovered === true) {
      this.counts.recovered++;
      view.cursor = view.asked;
      const [from, to] = [offsetOf(view.asked ?? ""), offsetOf(message.position)];
      assert.equal(epochOf(view.asked ?? ""), epochOf(message.position), "recovered across epochs");
      assert.equal(message.replay, to - from, "recovered true with a part of what was missed");
    } else {
      if (view.asked !== undefined) {
        this.counts.refused++;
        this.onRefused(message.room, view.asked);
      }
      view.cursor = message.replay === 0 ? message.position : undefined;
      view.position = view.cursor;
    }
  }

  #message(message: Of<"message">, view: View): void {
    this.counts.delivered++;
    const { position, previous, data } = message;
    this.#observe(message.room, { type: "message", position, previous, token: tokenOf(data) });
    // That offsets are dense is the memory store's: the checker does not count on it.
    if (view.cursor !== undefined) assert.equal(offsetOf(position), offsetOf(view.cursor) + 1, `${position} after ${view.cursor}`);
    view.cursor = message.position;
    view.position = message.position;
    if (view.replayLeft > 0) view.replayLeft--;
  }

  #published(message: Of<"published">): void {
    const publish = this.#publishes.get(message.ref);
    this.#publishes.delete(message.ref);
    if (publish === undefined) return;
    this.#observe(message.room, { type: "published", token: tokenOf(publish.data), position: message.position ?? "" });
    const entry = this.entryAt(message.room, message.position ?? "");
    assert.deepEqual(entry?.fields.data, publish.data, "published names another message's position");
  }

  #error(message: Of<"error">): void {
    assert.ok(["unknown-outcome", "not-joined", "removed"].includes(message.code), `${message.code}: ${message.message}`);
    if (message.code === "removed") this.#removed(message.ref);
    const publish = this.#publishes.get(message.ref ?? -1);
    if (publish === undefined) return;
    this.#publishes.delete(message.ref ?? -1);
    this.#again = [...this.#again, publish].toSorted((one, other) => one.data.sequence - other.data.sequence);
  }

  /** The join would have come back to a room out of which the application took the session meanwhile. */
  #removed(ref: number | undefined): void {
    for (const [room, view] of this.views) {
      if (view.awaiting !== ref) continue;
      this.counts.removed++;
      this.views.delete(room);
      this.#observe(room, { type: "left" });
    }
  }

  entryAt(room: string, position: string): Entry | undefined {
    return this.#broker.log.get(room)?.get(epochOf(position))?.[offsetOf(position) - 1];
  }
}

function newView(): View {
  return {
    cursor: undefined,
    position: undefined,
    awaiting: undefined,
    asked: undefined,
    isJoined: false,
    replayLeft: 0,
    members: new Map(),
    own: undefined,
  };
}

export function epochOf(position: string): string {
  return decodePosition(position)?.epoch ?? "";
}

export function offsetOf(position: string): number {
  return decodePosition(position)?.offset ?? Number.NaN;
}
