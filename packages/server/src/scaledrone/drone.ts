import type { Connection, ConnectionInfo, Hub, OutgoingMessage, Transport } from "@openline/hub";
import { type ServerMessage, shouldReconnect, version } from "@openline/wire";
import type { WebSocket } from "@openline/ws";
import { actGuard } from "../act-guard.ts";
import { heardIn } from "../heard.ts";
import type { Logger } from "../log.ts";
import { isObservable, type ScaledroneChannel } from "./channel.ts";
import { type ClientFrame, type FrameFault, readFrame } from "./client-frame.ts";
import { historyFrame, membersFrame, type RoomMessage } from "./drone-frames.ts";
import { clientIdOf } from "./drone-member.ts";
import { type DroneRights, readToken, TokenError } from "./drone-token.ts";

/** What a drone asks. */
export interface DroneOptions {
  readonly hub: Pick<Hub, "open">;
  readonly info: ConnectionInfo;
  readonly channels: ReadonlyMap<string, ScaledroneChannel>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Pick<Logger, "error">;
}

/** What an answer of the hub is for. */
type Asked =
  | { readonly what: "handshake"; readonly callback: number | undefined }
  | { readonly what: "subscribe"; readonly room: string; readonly callback: number | undefined }
  | { readonly what: "unsubscribe"; readonly callback: number | undefined }
  | { readonly what: "publish" };

/** A room that the client subscribed to. */
interface Subscribed {
  /** Messages from before that have not come yet, and how many have. */
  expected: number;
  index: number;
}

type Of<T extends ClientFrame["type"]> = Extract<ClientFrame, { type: T }>;

/**
 * One connection of a Scaledrone client: its API v3 on one side, the hub's wire on the other. What the channel's own rules allow is decided here; the hub then takes it as
 * the application's word.
 */
export class Drone implements Transport {
  readonly kind = "scaledrone";
  readonly #socket: WebSocket;
  readonly #options: DroneOptions;
  readonly #connection: Connection;
  readonly #asked = new Map<number, Asked>();
  readonly #rooms = new Map<string, Subscribed>();
  #handshake: Of<"handshake"> | undefined;
  #channel: ScaledroneChannel | undefined;
  #rights: DroneRights | undefined;
  #session = "";
  #lastRef = 0;
  /** How many reasons there are to read nothing for now: an answer that is awaited, a client that does not read its own. */
  #holds = 0;
  #isFull = false;

  constructor(socket: WebSocket, options: DroneOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#connection = options.hub.open(this, { ...options.info, identity: { isApplication: true, issuedAt: options.now() } });
    const { info, log } = options;
    const guarded = actGuard({
      id: this.#connection.id,
      remoteAddress: info.remoteAddress,
      log,
      close: (code, reason) => this.close(code, reason),
    });
    socket.on("message", (data) => guarded(() => this.#take(readFrame(Buffer.isBuffer(data) ? data.toString() : ""))));
    socket.on("drain", () => guarded(() => this.#drained()));
    // The next connection of this client is a new one in any case: nobody waits for it to come back.
    socket.on("close", () => this.#closed());
    socket.on("error", () => undefined);
  }

  send(outgoing: OutgoingMessage): boolean {
    const { message } = heardIn(outgoing);
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest answers what a drone never asks
    switch (message?.type) {
      case "message":
      case "ephemeral":
        return this.#deliver(message, outgoing);
      case "presence":
        return this.#tellPresence(message, outgoing);
      case "connected":
        return this.#greet(message.session.id, this.#answered(message.ref));
      case "joined":
        return this.#joined(message);
      case "published":
        this.#answered(message.ref);
        return true;
      case "left":
        return this.#left(message);
      case "error":
        return this.#refused(message);
      case "gap":
      case "insufficient":
        return this.#say({ error: `Messages of room ${JSON.stringify(this.#channel?.roomOf(message.room))} were lost` });
      default:
        return true;
    }
  }

  /** Scaledrone's JavaScript client comes back only when the line breaks without a word: a farewell is for those who had better stay away. */
  close(code: number, reason: string): void {
    if (shouldReconnect(code) !== "no") return this.#socket.terminate();
    this.#socket.close(1008, reason);
    // Whoever is refused while an answer is awaited is not read: its farewell would not be either, and the line would stay.
    this.#socket.resume();
  }

  #take(frame: ClientFrame | FrameFault): void {
    if (frame.type === "fault") return this.#protest(frame.callback, frame.error);
    if (frame.type === "handshake") return this.#begin(frame);
    const channel = this.#channel;
    if (channel === undefined) return this.#protest("callback" in frame ? frame.callback : undefined, "Handshake first");
    switch (frame.type) {
      case "authenticate":
        return void this.#authenticate(frame, channel);
      case "subscribe":
        return this.#subscribe(frame, channel);
      case "unsubscribe":
        return this.#ask({ type: "leave", room: channel.hubRoom(frame.room) }, { what: "unsubscribe", callback: frame.callback });
      case "publish":
        if (!this.#may("publish", frame.room, channel)) return this.#protest(undefined, "Unauthorized");
        return this.#ask({ type: "publish", room: channel.hubRoom(frame.room), data: frame.message }, { what: "publish" });
    }
  }

  #begin(frame: Of<"handshake">): void {
    if (this.#handshake !== undefined) return this.#protest(frame.callback, "The handshake is done already");
    this.#handshake = frame;
    this.#channel = this.#options.channels.get(frame.channel);
    if (this.#channel === undefined) {
      this.#protest(frame.callback, "Channel not found");
      return this.#socket.close(1008, "channel not found");
    }
    // Whoever does not wait for the answer has its frames read after it.
    this.#hold();
    this.#ask({ type: "connect", version }, { what: "handshake", callback: frame.callback });
  }

  #greet(session: string, asked: Asked | undefined): boolean {
    this.#session = session;
    this.#channel?.census.enter(session);
    this.#release();
    return this.#reply(asked?.what === "handshake" ? asked.callback : undefined, {
      client_id: clientIdOf(session),
      require_auth: this.#channel?.requireAuth,
    });
  }

  async #authenticate({ token, callback }: Of<"authenticate">, channel: ScaledroneChannel): Promise<void> {
    this.#hold();
    try {
      this.#rights = await readToken(token, channel, { client: clientIdOf(this.#session), now: this.#options.now() });
      if (callback !== undefined) this.#answer({ callback });
    } catch (error) {
      this.#protest(callback, error instanceof TokenError ? error.message : "Unauthorized");
    }
    this.#release();
  }

  #subscribe({ room, callback, historyCount }: Of<"subscribe">, channel: ScaledroneChannel): void {
    if (!this.#may("subscribe", room, channel)) return this.#protest(callback, "Unauthorized");
    const granted = channel.requireAuth ? (this.#rights?.permissions.historyOf(room) ?? 0) : historyCount;
    const rewind = channel.history ? Math.min(historyCount, granted) : 0;
    const data = this.#shown();
    const join = { type: "join", room: channel.hubRoom(room), rewind, presence: isObservable(room), ...(data !== undefined && { data }) };
    this.#ask(join, { what: "subscribe", room, callback });
  }

  #shown(): object | undefined {
    const { clientData } = this.#handshake ?? {};
    const authData = this.#rights?.data;
    if (clientData === undefined && authData === undefined) return undefined;
    return { ...(clientData !== undefined && { clientData }), ...(authData !== undefined && { authData }) };
  }

  #may(action: "publish" | "subscribe", room: string, { requireAuth }: ScaledroneChannel): boolean {
    return !requireAuth || this.#rights?.permissions.allows(action, room) === true;
  }

  #ask(request: object, asked: Asked): void {
    const ref = ++this.#lastRef;
    this.#asked.set(ref, asked);
    this.#connection.receive(JSON.stringify({ ...request, ref }));
  }

  #answered(ref: number | undefined): Asked | undefined {
    const asked = ref === undefined ? undefined : this.#asked.get(ref);
    if (ref !== undefined) this.#asked.delete(ref);
    return asked;
  }

  /** The order that its clients rely on: the answer, the members, messages from before, and only then new ones. */
  #joined(message: Extract<ServerMessage, { type: "joined" }>): boolean {
    const asked = this.#answered(message.ref);
    const room = asked?.what === "subscribe" ? asked.room : this.#channel?.roomOf(message.room);
    if (room === undefined) return true;
    if (isObservable(room) && !this.#rooms.has(room)) this.#channel?.roster.enter(room, message.members ?? []);
    this.#rooms.set(room, { expected: message.replay, index: 0 });
    if (asked?.what === "subscribe") this.#reply(asked.callback, {});
    return isObservable(room) ? this.#socket.send(membersFrame(room, message)) : true;
  }

  #deliver(message: RoomMessage, outgoing: OutgoingMessage): boolean {
    const channel = this.#channel;
    const room = channel?.roomOf(message.room);
    const subscribed = room === undefined ? undefined : this.#rooms.get(room);
    if (channel === undefined || room === undefined || subscribed === undefined) return true;
    if (subscribed.expected > 0 && message.type === "message") {
      subscribed.expected--;
      return this.#socket.send(historyFrame(message, room, subscribed.index++));
    }
    return this.#socket.sendPrepared(channel.frames.of(outgoing, message, room));
  }

  #tellPresence(message: Extract<ServerMessage, { type: "presence" }>, outgoing: OutgoingMessage): boolean {
    const channel = this.#channel;
    const room = channel?.roomOf(message.room);
    if (channel === undefined || room === undefined || !this.#rooms.has(room)) return true;
    let hasRoom = true;
    for (const { session, frame } of channel.roster.told(room, message, outgoing))
      if (session !== this.#session) hasRoom = this.#socket.sendPrepared(frame);
    return hasRoom;
  }

  #forget(room: string): void {
    if (this.#rooms.delete(room) && isObservable(room)) this.#channel?.roster.leave(room);
  }

  #closed(): void {
    this.#connection.closed(1000, true);
    this.#channel?.census.leave(this.#session);
    for (const room of this.#rooms.keys()) this.#forget(room);
  }

  #left(message: Extract<ServerMessage, { type: "left" }>): boolean {
    const asked = this.#answered(message.ref);
    const room = this.#channel?.roomOf(message.room);
    if (room !== undefined) this.#forget(room);
    if (asked?.what === "unsubscribe") return this.#reply(asked.callback, {});
    return this.#say({ error: message.message ?? `The room ${JSON.stringify(room)} was left` });
  }

  #refused({ ref, code, message }: Extract<ServerMessage, { type: "error" }>): boolean {
    // The line breaks next, and its client comes back: an error would tell the page of a fault.
    if (code === "restarting") return true;
    const asked = this.#answered(ref);
    const error = code === "forbidden" || code === "unauthorized" ? "Unauthorized" : message;
    // Whoever leaves a room in which it is not has what it wanted.
    if (asked?.what === "unsubscribe" && code === "not-joined") return this.#reply(asked.callback, {});
    return this.#fail(asked !== undefined && "callback" in asked ? asked.callback : undefined, error);
  }

  #hold(): void {
    if (this.#holds++ === 0) this.#socket.pause();
  }

  #release(): void {
    if (--this.#holds === 0) this.#socket.resume();
  }

  #drained(): void {
    if (this.#isFull) this.#release();
    this.#isFull = false;
    this.#connection.drained();
  }

  /** An answer that is not the hub's waits in no queue with a cap: whoever does not read such answers is not read either. */
  #answer(frame: object): void {
    if (this.#say(frame) || this.#isFull) return;
    this.#isFull = true;
    this.#hold();
  }

  #protest(callback: number | undefined, error: string): void {
    this.#answer({ ...(callback !== undefined && { callback }), error });
  }

  #reply(callback: number | undefined, fields: object): boolean {
    return callback === undefined || this.#say({ callback, ...fields });
  }

  #fail(callback: number | undefined, error: string): boolean {
    return this.#say({ ...(callback !== undefined && { callback }), error });
  }

  #say(frame: object): boolean {
    return this.#socket.send(JSON.stringify(frame));
  }
}
