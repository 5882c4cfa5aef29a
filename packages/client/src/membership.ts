import type { Joined, Member, Presence, RoomMessage, ServerMessage } from "@openline/wire";
import { errorRule } from "@openline/wire";
import { Emitter } from "./emitter.ts";
import { ClientError } from "./errors.ts";
import { jsonCopy } from "./json-text.ts";
import { MemberList, type MemberNews } from "./member-list.ts";
import type { PublishResult } from "./outbox.ts";
import type { Clock } from "./platform.ts";
import { type Answer, contentOf, inquire, type Request } from "./requests.ts";
import type { HistoryOptions, HistoryPage, MembersOptions, MembersPage, PublishOptions, Room, RoomEvents, RoomState } from "./room.ts";
import { RoomCursor } from "./room-cursor.ts";

/** What a room needs of its client. */
export interface RoomLink {
  readonly clock: Clock;
  /** Returns false when there is no connection. */
  ask(request: Request, answer: Answer): boolean;
  publish(room: string, data: unknown, options: PublishOptions | undefined): Promise<PublishResult>;
  retryDelayMs(attempt: number): number;
  /** The room has ended: it is not joined again. `isTold`: the server knows. */
  forget(room: string, isTold: boolean): void;
  readonly report: (error: ClientError) => void;
}

/** The checked options of a join. */
export interface MembershipOptions {
  readonly rewind: number;
  readonly position: string | undefined;
  readonly presence: boolean;
  readonly data: unknown;
}

/** The client's side of one room: joins, joins again, and turns what the server says into events without loss and without doubles. */
export class Membership implements Room {
  readonly name: string;
  readonly #link: RoomLink;
  readonly #options: MembershipOptions;
  readonly #emitter: Emitter<RoomEvents>;
  readonly #cursor: RoomCursor;
  readonly #members: MemberList = new MemberList();
  #data: unknown;
  #state: RoomState = "away";
  #memberCount = 0;
  #wasJoined = false;
  #attempt = 0;
  #retryTimer: unknown;

  constructor(name: string, options: MembershipOptions, link: RoomLink) {
    this.name = name;
    this.#link = link;
    this.#options = options;
    this.#data = options.data;
    this.#cursor = new RoomCursor(options.position);
    this.#emitter = new Emitter(link.report);
  }

  get state(): RoomState {
    return this.#state;
  }

  get position(): string | undefined {
    return this.#cursor.position;
  }

  get members(): readonly Member[] {
    return this.#members.all;
  }

  get memberCount(): number {
    return this.#memberCount;
  }

  on<Name extends keyof RoomEvents>(name: Name, listener: (...details: RoomEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  publish(data: unknown, options?: PublishOptions): Promise<PublishResult> {
    return this.#link.publish(this.name, data, options);
  }

  requestMembers({ after, limit }: MembersOptions = {}): Promise<MembersPage> {
    return this.#page(after, limit, () => undefined);
  }

  async loadMembers(): Promise<readonly Member[]> {
    for (let after = this.#members.next; after !== undefined; after = this.#members.next) {
      const asked = after;
      await this.#page(asked, undefined, ({ members, next }) => {
        // Joined again meanwhile, the room has another list, and pages of its own.
        if (this.#members.next === asked) this.#members.add(members, next);
      });
    }
    this.#tellMembers([]);
    return this.members;
  }

  update(data: unknown): Promise<void> {
    const copy: unknown = data === undefined ? undefined : jsonCopy(data);
    const request: Request = { type: "update", room: this.name, data: copy };
    return inquire(this.#link, request, "updated", () => {
      this.#data = copy;
    });
  }

  history({ before, after, limit }: HistoryOptions = {}): Promise<HistoryPage> {
    const request: Request = { type: "history", room: this.name, before, after, limit };
    return inquire(this.#link, request, "history", ({ messages, complete }) => ({ messages: messages.map(contentOf), complete }));
  }

  leave(): Promise<void> {
    if (this.#state === "left") return Promise.resolve();
    return new Promise((resolve) => {
      const sent = this.#link.ask({ type: "leave", room: this.name }, () => {
        resolve();
      });
      this.#end(sent);
      if (!sent) resolve();
    });
  }

  /** There is a connection: (re)join, with the position where the application stands. */
  join(): void {
    const { rewind, presence } = this.#options;
    this.#link.clock.clearTimeout(this.#retryTimer);
    this.#cursor.suspend();
    this.#state = "joining";
    const request: Request = {
      type: "join",
      room: this.name,
      position: this.#cursor.position,
      rewind: rewind || undefined,
      presence: presence || undefined,
      data: this.#data,
    };
    if (!this.#link.ask(request, this.#answered)) this.#state = "away";
  }

  /** The server has put the session into the room. Of no account while a join is on its way: its answer follows. */
  putIn(message: Joined): void {
    if (this.#state === "away") this.#joined(message);
  }

  /** The connection is gone. */
  down(): void {
    this.#link.clock.clearTimeout(this.#retryTimer);
    this.#cursor.suspend();
    if (this.#state !== "left") this.#state = "away";
  }

  /** Something came for this room; answers to requests are of no account here. Before `joined` it belongs to an earlier stay, which that answer makes up for. */
  receive(message: ServerMessage): void {
    if (this.#state !== "joined") return;
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- what is not listed is the client's, or the answer to a request
    switch (message.type) {
      case "left":
        this.#takenOut(message.code ?? "left", message.message ?? "");
        break;
      case "message":
        this.#message(message);
        break;
      case "ephemeral":
        this.#emitter.emit("ephemeral", contentOf(message));
        break;
      case "presence":
        this.#presence(message);
        break;
      case "insufficient":
        this.#cursor.insufficient(message.position);
        this.#emitter.emit("insufficient", { position: message.position });
        break;
      case "gap":
        if (this.#cursor.gap(message.position)) this.#emitter.emit("gap", { count: message.count, position: message.position });
        break;
      default:
    }
  }

  readonly #answered: Answer = (answer) => {
    if (this.#state !== "joining") return;
    if (!(answer instanceof ClientError)) {
      if (answer.type === "joined") this.#joined(answer);
    } else if (answer.code !== "disconnected") this.#refused(answer);
  };

  #joined(answer: Joined): void {
    const first = !this.#wasJoined;
    this.#wasJoined = true;
    this.#attempt = 0;
    this.#state = "joined";
    this.#memberCount = answer.memberCount;
    this.#cursor.joined(answer);
    const { recovered, replay, position, memberCount } = answer;
    this.#emitter.emit("joined", { recovered, replay, position, memberCount });
    if (recovered === false) this.#emitter.emit("insufficient", { position });
    if (answer.members === undefined) return;
    // The first list is a picture, not news; later ones tell what changed while away.
    const news = this.#members.replace(answer.members, answer.next);
    this.#tellMembers(first ? [] : news);
  }

  #refused(error: ClientError): void {
    const retry = errorRule(error.code)?.retry ?? "no";
    if (retry === "no") {
      if (error.code === "removed") return this.#takenOut(error.code, error.message.slice("removed: ".length));
      this.#end();
      this.#emitter.report(error);
      return;
    }
    const delayMs = Math.max(error.retryAfterMs ?? 0, this.#link.retryDelayMs(this.#attempt++));
    this.#retryTimer = this.#link.clock.setTimeout(() => {
      this.join();
    }, delayMs);
  }

  #message(message: RoomMessage): void {
    const replayed = this.#cursor.replaying;
    const verdict = this.#cursor.message(message.position, message.previous);
    if (verdict === "gap") this.join();
    if (verdict === "deliver") this.#emitter.emit("message", { ...contentOf(message), replayed });
  }

  #presence(message: Presence): void {
    this.#memberCount = message.memberCount;
    this.#tellMembers(this.#members.apply(message));
  }

  #tellMembers(news: readonly MemberNews[]): void {
    for (const { event, member } of news) this.#emitter.emit(event, member);
    this.#emitter.emit("members", this.#members.all);
  }

  #page(after: string | undefined, limit: number | undefined, take: (page: MembersPage) => void): Promise<MembersPage> {
    const request: Request = { type: "members", room: this.name, after, limit };
    return inquire(this.#link, request, "members", (answer) => {
      const page = contentOf(answer);
      take(page);
      return page;
    });
  }

  #takenOut(code: string, message: string): void {
    if (this.#state === "left") return;
    this.#end();
    this.#emitter.emit("left", { code, message });
  }

  #end(isTold = true): void {
    this.#link.clock.clearTimeout(this.#retryTimer);
    this.#cursor.suspend();
    this.#state = "left";
    this.#members.replace([], undefined);
    this.#link.forget(this.name, isTold);
  }
}
