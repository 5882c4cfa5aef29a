import type { ClientMessage, HistoryMessage, Published, ServerMessage, SessionCredentials } from "@openline/wire";
import { encode, errorRule, parseServerMessage, version } from "@openline/wire";
import type { Observation, SeenMessage } from "./observation.ts";
import { type Operation, RoomWitness } from "./room-witness.ts";

/** Takes the texts that a witness says, whatever carries them. */
export interface Line {
  send(text: string): void;
}

export interface WitnessOptions {
  readonly name: string;
  /** Milliseconds; only shown. */
  readonly now: () => number;
  /** Gets each observation as it is made: all witnesses of a run write into one list. */
  readonly record: (observation: Observation) => void;
  readonly token?: string | undefined;
}

type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

/** What one asks for; the number is the witness's own. `Omit` alone would make one shape of all. */
type Wish<M = ClientMessage> = M extends { readonly ref?: number } ? Omit<M, "ref"> : never;

/**
 * A client of the hub that tells the checker everything: it joins, publishes, repeats what was not answered, comes back with its positions,
 * and hides nothing, as a client for applications would. It has no timers and no socket: whoever drives it calls {@link Witness.opened} when a
 * connection stands, {@link Witness.receive} for each text, {@link Witness.lost} when the connection is gone, and {@link Witness.tick} a few
 * times a second.
 */
export class Witness {
  readonly name: string;
  readonly rooms: Map<string, RoomWitness> = new Map();
  /** Why the server would not have it, or what it said that is no message: the run cannot go on. */
  fault: string | undefined;
  readonly #options: WitnessOptions;
  #line: Line | undefined;
  #session: SessionCredentials | undefined;
  #isConnected = false;
  #ref = 0;
  #sequence = 0;
  /** For how long the server knows an id. */
  #idMs = 0;
  #pages = new Map<number, (page: Of<"history"> | undefined) => void>();

  constructor(options: WitnessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Publishes whose outcome is not known yet. */
  get waiting(): number {
    return [...this.rooms.values()].reduce((sum, room) => sum + room.waiting, 0);
  }

  /** A connection stands: says `connect`, and joins its rooms again once that is answered. */
  opened(line: Line): void {
    this.lost();
    this.#line = line;
    this.#say({ type: "connect", version, ...(this.#session && { session: this.#session }), ...this.#token() });
  }

  /** The connection is gone, whoever ended it. */
  lost(): void {
    if (this.#line === undefined) return;
    this.#line = undefined;
    this.#isConnected = false;
    for (const room of this.rooms.values()) {
      room.lost();
      this.#record(room, { type: "away" });
    }
    for (const got of this.#pages.values()) got(undefined);
    this.#pages.clear();
  }

  receive(text: string): void {
    const parsed = parseServerMessage(text);
    if (parsed.ok) this.#hear(parsed.message);
    else this.fault ??= `the server sent what is no message: ${parsed.error.message}: ${text.slice(0, 200)}`;
  }

  /** Enters a room, and comes back to it after each loss. `rewind`: how many of the newest messages come first. */
  join(name: string, rewind = 0): void {
    const room = this.rooms.get(name) ?? new RoomWitness(name);
    this.rooms.set(name, room);
    room.rewind = rewind;
    if (this.#isConnected) this.#join(room);
  }

  leave(name: string): void {
    const room = this.rooms.get(name);
    if (room === undefined || room.waiting > 0) return;
    this.rooms.delete(name);
    this.#record(room, { type: "left" });
    if (this.#isConnected) this.#say({ type: "leave", room: name });
  }

  /** Publishes a message of its own with an id. Returns false when that cannot be now: not connected, or an earlier one must be settled first. */
  publish(name: string, padding = ""): boolean {
    const room = this.rooms.get(name);
    const session = this.#session;
    if (!this.#isConnected || session === undefined || room === undefined || room.isHeld) return false;
    const sequence = ++this.#sequence;
    const operation: Operation = { token: `${this.name}-${sequence}`, padding };
    this.#record(room, { type: "publish", token: operation.token, lane: `${this.name}/${session.id}`, sequence });
    this.#send(room, operation);
    return true;
  }

  /** Publishes the last acknowledged message again with its id, as an application does that is not sure. */
  publishAgain(name: string): void {
    const room = this.rooms.get(name);
    const last = room?.last;
    if (!this.#isConnected || room === undefined || last === undefined || room.isHeld) return;
    // Half of the window: after the whole one it would be a new message, and rightly so.
    if (this.#options.now() - last.at < this.#idMs / 2) this.#send(room, last.operation);
  }

  /** Tries again what the server could not do: joins that it refused for now, publishes without an outcome. */
  tick(): void {
    if (!this.#isConnected) return;
    for (const room of this.rooms.values()) {
      if (room.mustJoin) this.#join(room);
      for (const operation of room.takeHeld()) this.#send(room, operation);
    }
  }

  /** Reads all that a room keeps, page by page, and writes it down. Resolves with whether it could: else ask again. */
  async readHistory(name: string): Promise<boolean> {
    const room = this.rooms.get(name);
    if (room === undefined) return false;
    const messages: HistoryMessage[] = [];
    for (;;) {
      const before = messages[0]?.position;
      const page = await new Promise<Of<"history"> | undefined>((resolve) => {
        if (!this.#isConnected) return resolve(undefined);
        this.#pages.set(this.#ref + 1, resolve);
        this.#say({ type: "history", room: name, limit: 1000, ...(before !== undefined && { before }) });
      });
      if (page === undefined) return false;
      messages.unshift(...page.messages);
      if (page.complete || page.messages.length === 0) break;
    }
    this.#options.record({ at: this.#options.now(), client: "history", room: name, type: "kept", messages: messages.map(seenOf) });
    return true;
  }

  #token(): { readonly token?: string } {
    const { token } = this.#options;
    return token === undefined ? {} : { token };
  }

  #record(room: RoomWitness, what: Unplaced<Observation>): void {
    this.#options.record({ at: this.#options.now(), client: this.name, room: room.name, ...what });
  }

  #say(message: Wish): number {
    this.#line?.send(encode({ ...message, ref: ++this.#ref }));
    return this.#ref;
  }

  #join(room: RoomWitness): void {
    const { name, position, rewind } = room;
    room.asked(this.#say({ type: "join", room: name, ...(position !== undefined && { position }), ...(rewind > 0 && { rewind }) }));
  }

  #send(room: RoomWitness, operation: Operation): void {
    const { token, padding } = operation;
    const ref = this.#say({ type: "publish", room: room.name, id: token, data: { token, ...(padding !== "" && { padding }) } });
    room.sent(ref, operation);
  }

  #hear(message: ServerMessage): void {
    const { type } = message;
    if (type === "connected") this.#connected(message);
    else if (type === "joined") this.#joined(message);
    else if (type === "message" || type === "insufficient" || type === "gap") this.#inRoom(message);
    else if (type === "published") this.#published(message);
    else if (type === "error") this.#error(message);
    else if (type === "history") this.#page(message.ref, message);
    else if (type === "ping") this.#line?.send(encode({ type: "pong", ...(message.ref !== undefined && { ref: message.ref }) }));
  }

  /** Returns whether a page was asked for with this number. */
  #page(ref: number, page: Of<"history"> | undefined): boolean {
    const got = this.#pages.get(ref);
    this.#pages.delete(ref);
    got?.(page);
    return got !== undefined;
  }

  #connected({ session, resumed, limits }: Of<"connected">): void {
    this.#idMs = limits.idempotencyWindowMs;
    const isNew = this.#session !== undefined && !resumed;
    this.#session = session;
    this.#isConnected = true;
    for (const room of this.rooms.values()) {
      // Another session's ids are not this one's: what had no answer stays without one.
      if (isNew) room.forget();
      this.#join(room);
    }
  }

  #joined({ ref, room: name, position, replay, recovered }: Of<"joined">): void {
    const room = this.rooms.get(name);
    if (ref !== undefined && room?.joined(ref, position, replay, recovered) === true)
      this.#record(room, { type: "joined", position, replay, recovered });
  }

  #inRoom(message: Of<"message"> | Of<"insufficient"> | Of<"gap">): void {
    const room = this.rooms.get(message.room);
    // Before `joined` it belongs to an earlier stay, which that answer makes up for.
    if (room?.isJoined !== true) return;
    const { position } = message;
    room.position = position;
    if (message.type === "message") this.#record(room, { type: "message", ...seenOf(message) });
    else if (message.type === "gap") this.#record(room, { type: "gap", count: message.count, position });
    else this.#record(room, { type: "insufficient", position });
  }

  #published({ ref, room: name, position = "" }: Published): void {
    const room = this.rooms.get(name);
    const operation = room?.answered(ref);
    if (room === undefined || operation === undefined) return;
    room.last = { operation, at: room.last?.operation === operation ? room.last.at : this.#options.now() };
    this.#record(room, { type: "published", token: operation.token, position });
  }

  #error({ ref = -1, code, message }: Of<"error">): void {
    if (this.#page(ref, undefined)) return;
    const isFinal = errorRule(code)?.retry === "no";
    for (const room of this.rooms.values()) {
      if (room.joinRefused(ref)) {
        if (isFinal) this.fault ??= `the server refuses the join of ${room.name} with ${code}: ${message}`;
        return;
      }
      if (code === "unknown-outcome" && room.hold(ref)) return;
      const operation = room.answered(ref);
      if (operation !== undefined) {
        if (code !== "internal") this.#record(room, { type: "refused", token: operation.token, code });
        return;
      }
    }
    if (isFinal && !this.#isConnected) this.fault ??= `the server refuses the connection with ${code}: ${message}`;
  }
}

type Unplaced<O> = O extends unknown ? Omit<O, "at" | "client" | "room"> : never;

/** What names a message's publish: its own token, or for somebody else's message whatever it says. */
function seenOf({ position, previous, data }: HistoryMessage): SeenMessage {
  const own = typeof data === "object" && data !== null && "token" in data ? String(data.token) : JSON.stringify(data);
  return { position, previous, token: own };
}
