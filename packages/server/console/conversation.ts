import { Client, type ClientState, type Room, type StateDetail } from "@openline/client/browser";
import { defaultLimits, exceedsBytes } from "@openline/wire";
import type { Choice } from "./choice.ts";
import type { Line } from "./connection-view.ts";
import { Outbox } from "./outbox.ts";
import type { Outgoing, Return, Settled } from "./timeline.ts";

/** How many of the newest messages a late comer sees. */
const rewind = 50;

/** Room for what the wire format adds to the words: type, ref, room, id. */
const envelopeBytes = 1_024;

/** For how long the button cuts the line. */
const cutMs = 5_000;

/** Somebody in the room, as the client tells it. */
export interface Person {
  readonly session: string;
  readonly user?: string;
  /** The line to it is lost, since then: milliseconds since 1970. */
  readonly away?: number;
}

/** Where the conversation shows itself. */
export interface Screen {
  line(line: Line): void;
  /** A stored message; `replayed` when it was missed, or is history. */
  message(message: Settled, replayed: boolean): void;
  outgoing(list: readonly Outgoing[]): void;
  /** The room is entered for the first time: history follows. */
  entered(): void;
  /** The room is entered again: `back` says what it brought; without continuity everything shown before is void. */
  returned(back: Return, position: string): void;
  /** The hub has taken this person out of the room, or did not let it in. */
  left(reason: string): void;
  /** `count` of them are there, those that are not listed included. */
  members(members: readonly Person[], count: number): void;
  /** The line was too slow, and the room left so many messages out. */
  missed(count: number, position: string): void;
  typing(person: Person, typing: boolean): void;
  /** Something went wrong that no message of one's own stands for. */
  fault(text: string): void;
}

/** The sessions that were this tab's own, this one included: what they said is shown as one's own. */
export interface OwnSessions {
  has(session: string): boolean;
  add(session: string): void;
}

/** One person's talk in one room at a time: the only part of the page that knows the client. */
export class Conversation {
  readonly #client: Client;
  readonly #screen: Screen;
  readonly #own: OwnSessions;
  readonly #outbox: Outbox;
  readonly #subscriptions: readonly (() => void)[];
  #room: Room;
  #leaveRoom: () => void = () => undefined;

  /** Connects to the hub next to the page and enters the room. `Socket` is the WebSocket class to use. */
  constructor(choice: Choice, screen: Screen, own: OwnSessions, Socket: typeof WebSocket) {
    this.#screen = screen;
    this.#own = own;
    this.#outbox = new Outbox((list) => screen.outgoing(list));
    this.#client = new Client("hub", { user: choice.name, WebSocket: Socket, reconnect: { maxDelayMs: 8_000 } });
    this.#subscriptions = [
      this.#client.on("state", (state, detail) => this.#stateChanged(state, detail)),
      this.#client.on("error", (error) => screen.fault(error.message)),
    ];
    screen.line({ state: "connecting" });
    this.#room = this.#enter(choice.room);
  }

  get session(): string | undefined {
    return this.#client.session;
  }

  get position(): string | undefined {
    return this.#room.position;
  }

  /** Leaves the room for another one, over the same connection. */
  moveTo(room: string): void {
    this.#leaveRoom();
    this.#outbox.clear();
    this.#room = this.#enter(room);
  }

  /** Says something. Returns what is wrong with it, if anything. */
  say(text: string): string | undefined {
    const limit = defaultLimits.messageBytes - envelopeBytes;
    const data = { text };
    if (exceedsBytes(JSON.stringify(data), limit)) return `This message is too long: at most ${limit} bytes fit into one.`;
    const id = publishId();
    this.#outbox.add(id, data, Date.now());
    this.#publish(id, data);
    return undefined;
  }

  retry(id: string): void {
    const entry = this.#outbox.find(id);
    if (entry === undefined) return;
    this.#outbox.again(id);
    this.#publish(id, entry.data);
  }

  discard(id: string): void {
    this.#outbox.remove(id);
  }

  announceTyping(typing: boolean): void {
    if (this.#client.state !== "connected") return;
    // Nobody misses an announcement: the next one comes in seconds.
    this.#room.publish({ typing }, { ephemeral: true }).catch(() => undefined);
  }

  cut(): void {
    this.#client.interrupt({ forMs: cutMs });
  }

  connectNow(): void {
    this.#client.connect();
  }

  end(): void {
    this.#leaveRoom();
    this.#outbox.clear();
    for (const end of this.#subscriptions) end();
    this.#client.close();
  }

  #enter(name: string): Room {
    const room = this.#client.join(name, { rewind, presence: true });
    const screen = this.#screen;
    const subscriptions = [
      room.on("joined", ({ recovered, replay, position }) => {
        if (recovered === undefined) screen.entered();
        if (recovered === true) screen.returned({ recovered, replay }, position);
      }),
      // Also follows a `joined` that says `recovered: false`.
      room.on("insufficient", ({ position }) => {
        this.#outbox.forgetStored();
        screen.returned({ recovered: false }, position);
      }),
      room.on("message", (message) => {
        if (message.id !== undefined) this.#outbox.remove(message.id);
        const mine = message.session !== undefined && this.#own.has(message.session);
        screen.message({ ...message, mine }, message.replayed);
      }),
      room.on("left", ({ code, message }) => screen.left(`${code}: ${message}`)),
      room.on("ephemeral", ({ data, session, user }) => {
        if (session === undefined || typeof data !== "object" || data === null || !("typing" in data)) return;
        screen.typing({ session, ...(user === undefined ? {} : { user }) }, data.typing === true);
      }),
      room.on("members", (members) => screen.members(members, room.memberCount)),
      room.on("gap", ({ count, position }) => screen.missed(count, position)),
      room.on("error", (error) => screen.fault(error.message)),
    ];
    this.#leaveRoom = () => {
      for (const end of subscriptions) end();
      void room.leave();
    };
    return room;
  }

  #publish(id: string, data: unknown): void {
    this.#room.publish(data, { id }).then(
      () => this.#outbox.stored(id),
      (error: unknown) => this.#outbox.failed(id, error instanceof Error ? error.message : String(error)),
    );
  }

  #stateChanged(state: ClientState, detail: StateDetail): void {
    if (this.#client.session !== undefined) this.#own.add(this.#client.session);
    this.#outbox.connection(state === "connected");
    this.#screen.line(lineOf(state, detail));
  }
}

function lineOf(state: ClientState, detail: StateDetail): Line {
  switch (state) {
    case "connected":
      return { state };
    case "waiting":
      // A cut by the button is no lack of a network, even where there is none.
      if (!navigator.onLine && detail.cause !== "interrupt") return { state: "offline" };
      return { state, retryAt: Date.now() + (detail.retryInMs ?? 0) };
    case "closed":
      return { state, reason: detail.reason ?? "no reason was given" };
    case "idle":
    case "connecting":
      return { state: "connecting" };
    default:
      return state satisfies never;
  }
}

/** 128 random bits; `crypto.randomUUID` is missing where the page came over plain http from another machine. */
function publishId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
