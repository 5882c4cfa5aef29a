import type { ClientMessage, Connected, Joined, ServerMessage } from "@openline/wire";
import { encode, errorRule } from "@openline/wire";
import type { Clock } from "../platform.ts";
import { SharedRoom } from "./shared-room.ts";
import type { TabLine } from "./tab-line.ts";

/** What a tab asks of the server: whatever has an answer, and is not the leader's own business. */
export type TabRequest = Exclude<ClientMessage, { readonly type: "connect" | "ping" | "pong" }>;

/** What the exchange needs of the connection that it divides. */
export interface ExchangeLink {
  readonly clock: Clock;
  /** What the server said first. */
  readonly connected: Connected;
  /** All lines that there are. */
  readonly lines: () => readonly TabLine[];
  send(message: ClientMessage): void;
  /** The tab has to come again, with the positions that only it knows. */
  drop(line: TabLine): void;
}

interface Asked {
  readonly line: TabLine;
  readonly request: TabRequest;
}

/** A tab that comes back within this time is still in its rooms, as the hub keeps it for a client (docs/wire/hub-v1.md, Sessions and presence). */
export const comingBackMs = 5_000;

/**
 * Divides one connection among the tabs: each request goes out with a number of its own and its answer to the tab that asked; what comes for a room goes to the
 * tabs that are in it, a replay to the one that asked for it. The connection is in the union of the tabs' rooms.
 */
export class Exchange {
  readonly #link: ExchangeLink;
  readonly #rooms = new Map<string, SharedRoom<TabLine>>();
  readonly #asked = new Map<number, Asked>();
  /** 0 is the number of `connect`. */
  #lastRef = 0;
  /** The newest that a tab sent along, for what is asked in no tab's name. */
  #token: string | undefined;

  constructor(link: ExchangeLink) {
    this.#link = link;
  }

  /** A tab asks. */
  take(line: TabLine, request: TabRequest): void {
    this.#token = request.token ?? this.#token;
    if (request.type === "leave" && this.#staysWithout(line, request.room)) this.#tell([line], { ...request, type: "left" });
    else
      this.#ask(
        line,
        request.type === "join" ? { ...request, presence: this.#room(request.room).enter(line, request.presence === true) } : request,
      );
  }

  /** The server says something. */
  receive(message: ServerMessage): void {
    const ref = "ref" in message ? message.ref : undefined;
    if (ref === undefined) return this.#spread(message);
    const asked = this.#asked.get(ref);
    this.#asked.delete(ref);
    if (asked !== undefined) this.#answer(asked, message);
  }

  /** A tab's line has ended: the rooms that no other tab is in are left, after a while when the tab is coming back. */
  gone(line: TabLine, isComingBack: boolean): void {
    for (const room of this.#rooms.values()) room.exit(line);
    if (isComingBack) this.#link.clock.setTimeout(this.#leaveEmptyRooms, comingBackMs);
    else this.#leaveEmptyRooms();
  }

  /** Returns whether the connection stays in the room, because of another tab. */
  #staysWithout(line: TabLine, name: string): boolean {
    const room = this.#rooms.get(name);
    room?.exit(line);
    return room?.isEmpty === false;
  }

  readonly #leaveEmptyRooms = (): void => {
    for (const [name, room] of this.#rooms) {
      if (!room.isEmpty) continue;
      this.#rooms.delete(name);
      this.#link.send({ type: "leave", ref: ++this.#lastRef, room: name, ...(this.#token !== undefined && { token: this.#token }) });
    }
  };

  #room(name: string): SharedRoom<TabLine> {
    const room = this.#rooms.get(name) ?? new SharedRoom<TabLine>();
    this.#rooms.set(name, room);
    return room;
  }

  #ask(line: TabLine, request: TabRequest): void {
    const ref = ++this.#lastRef;
    this.#asked.set(ref, { line, request });
    this.#link.send({ ...request, ref });
  }

  #answer({ line, request }: Asked, answer: ServerMessage): void {
    const mine = { ...answer, ref: request.ref };
    if (request.type === "join" && answer.type === "joined") {
      this.#rooms.get(request.room)?.joined([line], answer);
      this.#tellJoined(line, { ...answer, ref: request.ref });
    } else this.#tell([line], mine);
    if (request.type === "join" && answer.type === "error") this.#outOf(request.room, line, answer.code, answer.message);
    if (request.type === "leave") this.#forgetEmpty(request.room);
    if (request.type === "publish" && request.ephemeral === true && answer.type === "published")
      this.#echo(line, request.room, request.data);
  }

  /** What answers no request. */
  #spread(message: ServerMessage): void {
    if (!("room" in message)) return this.#tell(this.#link.lines(), message);
    if (message.type === "joined") return this.#putIn(this.#room(message.room), message);
    const room = this.#rooms.get(message.room);
    const lines = message.type === "message" ? room?.nextMessage() : room?.lines({ presence: message.type === "presence" });
    this.#tell(lines ?? [], message);
    if (message.type === "left" && message.code !== undefined) this.#rooms.delete(message.room);
  }

  /** The server has put the session into the room: every tab hears of it, and is in it from now on. */
  #putIn(room: SharedRoom<TabLine>, message: Joined): void {
    const lines = this.#link.lines();
    for (const line of lines) room.enter(line, message.members !== undefined);
    room.joined(lines, message);
    this.#tell(lines, message);
  }

  #tellJoined(line: TabLine, { members, next, ...joined }: Joined): void {
    const wants = this.#rooms.get(joined.room)?.tellsMembers(line) === true;
    this.#tell([line], wants ? { ...joined, ...(members && { members }), ...(next !== undefined && { next }) } : joined);
  }

  /** A `join` that ended in an error ended the stay of all. For those whom it must not concern there is a way back in: their own `join`. */
  #outOf(name: string, asker: TabLine, code: string, message: string): void {
    const room = this.#rooms.get(name);
    this.#rooms.delete(name);
    for (const line of room?.lines() ?? []) {
      if (line === asker) continue;
      if (errorRule(code)?.retry === "no") this.#tell([line], { type: "left", room: name, code, message });
      else this.#link.drop(line);
    }
  }

  #forgetEmpty(name: string): void {
    if (this.#rooms.get(name)?.isEmpty === true) this.#rooms.delete(name);
  }

  /** The server does not send it back to the session that published it; to the other tabs it is one of somebody else. */
  #echo(publisher: TabLine, name: string, data: unknown): void {
    const { user, session } = this.#link.connected;
    const others =
      this.#rooms
        .get(name)
        ?.lines()
        .filter((line) => line !== publisher) ?? [];
    const time = this.#link.clock.now();
    this.#tell(others, { type: "ephemeral", room: name, data, ...(user !== undefined && { user }), session: session.id, time });
  }

  #tell(lines: readonly TabLine[], message: ServerMessage): void {
    const text = encode(message);
    for (const line of lines) line.send(text);
  }
}
