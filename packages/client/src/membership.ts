import type { EphemeralMessage, HistoryMessage, Joined, Member, RoomMessage, ServerMessage } from "@openline/wire";
import { errorRule } from "@openline/wire";
import { Emitter } from "./emitter.ts";
import { ClientError } from "./errors.ts";
import { FaultReporter } from "./fault-reporter.ts";
import { MemberList } from "./member-list.ts";
import type { PublishResult } from "./outbox.ts";
import type { Clock } from "./platform.ts";
import type { Answer, Request } from "./requests.ts";
import type { HistoryOptions, HistoryPage, PublishOptions, Room, RoomEvents, RoomState } from "./room.ts";
import { RoomCursor } from "./room-cursor.ts";

/** What a room needs of its client. */
export interface RoomLink {
  readonly clock: Clock;
  /** Returns false when there is no connection. */
  ask(request: Request, answer: Answer): boolean;
  publish(room: string, data: unknown, options: PublishOptions | undefined): Promise<PublishResult>;
  retryDelayMs(attempt: number): number;
  /** The room has ended: it is not joined again. */
  forget(room: string): void;
  report(error: ClientError): void;
}

/** What the server says about a room unasked. */
export type RoomEvent = Extract<
  ServerMessage,
  {
    readonly type:
      | "message"
      | "ephemeral"
      | "member-joined"
      | "member-left"
      | "member-away"
      | "member-back"
      | "insufficient"
      | "gap"
      | "left";
  }
>;

/** The checked options of a join. */
export interface MembershipOptions {
  readonly rewind: number;
  readonly presence: boolean;
  readonly data: unknown;
}

/** The client's side of one room: joins, joins again, and turns what the server says into events without loss and without doubles. */
export class Membership implements Room {
  readonly name: string;
  readonly #link: RoomLink;
  readonly #options: MembershipOptions;
  readonly #faults: FaultReporter;
  readonly #emitter: Emitter<RoomEvents>;
  readonly #cursor: RoomCursor = new RoomCursor();
  readonly #members: MemberList = new MemberList();
  #state: RoomState = "away";
  #memberCount = 0;
  #attempt = 0;
  #retryTimer: unknown;

  constructor(name: string, options: MembershipOptions, link: RoomLink) {
    this.name = name;
    this.#link = link;
    this.#options = options;
    this.#faults = new FaultReporter(
      (error) => this.#emitter.emit("error", error),
      (error) => {
        link.report(error);
      },
    );
    this.#emitter = new Emitter(this.#faults.report);
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

  requestMembers(): Promise<readonly Member[]> {
    return new Promise((resolve, reject) => {
      const sent = this.#link.ask({ type: "members", room: this.name }, (answer) => {
        if (answer instanceof ClientError) reject(answer);
        else if (answer.type === "members") resolve(answer.members);
        else reject(new ClientError("bad-server-message", `a request for members was answered with ${JSON.stringify(answer.type)}`));
      });
      if (!sent) reject(new ClientError("not-connected"));
    });
  }

  history({ before, after, limit }: HistoryOptions = {}): Promise<HistoryPage> {
    const request: Request = {
      type: "history",
      room: this.name,
      ...(before !== undefined && { before }),
      ...(after !== undefined && { after }),
      ...(limit !== undefined && { limit }),
    };
    return new Promise((resolve, reject) => {
      const sent = this.#link.ask(request, (answer) => {
        if (answer instanceof ClientError) reject(answer);
        else if (answer.type === "history") resolve({ messages: answer.messages.map(withoutLink), complete: answer.complete });
        else reject(new ClientError("bad-server-message", `a request for history was answered with ${JSON.stringify(answer.type)}`));
      });
      if (!sent) reject(new ClientError("not-connected"));
    });
  }

  leave(): Promise<void> {
    if (this.#state === "left") return Promise.resolve();
    this.#end();
    return new Promise((resolve) => {
      const sent = this.#link.ask({ type: "leave", room: this.name }, () => {
        resolve();
      });
      if (!sent) resolve();
    });
  }

  /** There is a connection: (re)join, with the position where the application stands. */
  join(): void {
    const { rewind, presence, data } = this.#options;
    this.#link.clock.clearTimeout(this.#retryTimer);
    this.#cursor.suspend();
    this.#state = "joining";
    const request: Request = {
      type: "join",
      room: this.name,
      ...(this.#cursor.position !== undefined && { position: this.#cursor.position }),
      ...(rewind > 0 && { rewind }),
      ...(presence && { presence }),
      ...(data !== undefined && { data }),
    };
    if (!this.#link.ask(request, this.#answered)) this.#state = "away";
  }

  /** The connection is gone. */
  down(): void {
    this.#link.clock.clearTimeout(this.#retryTimer);
    this.#cursor.suspend();
    if (this.#state !== "left") this.#state = "away";
  }

  /** Something came for this room. Before `joined` it belongs to an earlier stay, which that answer makes up for. */
  receive(message: RoomEvent): void {
    if (message.type === "left") {
      this.#takenOut(message.code ?? "left", message.message ?? "");
      return;
    }
    if (this.#state !== "joined") return;
    switch (message.type) {
      case "message":
        this.#message(message);
        break;
      case "ephemeral":
        this.#ephemeral(message);
        break;
      case "member-joined":
        this.#memberCount = message.memberCount;
        this.#memberJoined(message.member);
        break;
      case "member-left":
        this.#memberCount = message.memberCount;
        this.#memberLeft(message.session);
        break;
      case "member-away":
        this.#memberChanged(message.session, "member-away", message.lastSeen);
        break;
      case "member-back":
        this.#memberChanged(message.session, "member-back", undefined);
        break;
      case "insufficient":
        this.#cursor.insufficient(message.position);
        this.#emitter.emit("insufficient", { position: message.position });
        break;
      case "gap":
        if (this.#cursor.gap(message.position)) this.#emitter.emit("gap", { count: message.count, position: message.position });
        break;
      default:
        message satisfies never;
    }
  }

  readonly #answered: Answer = (answer) => {
    if (this.#state !== "joining") return;
    if (!(answer instanceof ClientError)) {
      if (answer.type === "joined") this.#joined(answer);
    } else if (answer.code !== "disconnected") this.#refused(answer);
  };

  #joined(answer: Joined): void {
    const first = this.#cursor.position === undefined;
    this.#attempt = 0;
    this.#state = "joined";
    this.#memberCount = answer.memberCount;
    this.#cursor.joined(answer);
    const { recovered, replay, position, memberCount } = answer;
    this.#emitter.emit("joined", { recovered, replay, position, memberCount });
    if (recovered === false) this.#emitter.emit("insufficient", { position });
    if (answer.members !== undefined) this.#replaceMembers(answer.members, first);
  }

  #refused(error: ClientError): void {
    const retry = errorRule(error.code)?.retry ?? "no";
    if (retry === "no") {
      this.#end();
      this.#faults.report(error);
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
    if (verdict !== "deliver") return;
    this.#emitter.emit("message", { ...withoutLink(message), replayed });
  }

  #ephemeral({ data, user, session, time }: EphemeralMessage): void {
    this.#emitter.emit("ephemeral", { data, ...(user !== undefined && { user }), ...(session !== undefined && { session }), time });
  }

  /** The first list is a picture, not news; later ones tell what changed while away. */
  #replaceMembers(members: readonly Member[], first: boolean): void {
    const { joined, left } = this.#members.replace(members);
    if (!first) {
      for (const member of left) this.#emitter.emit("member-left", member);
      for (const member of joined) this.#emitter.emit("member-joined", member);
    }
    this.#emitter.emit("members", this.#members.all);
  }

  #memberJoined(member: Member): void {
    if (this.#members.add(member)) this.#emitter.emit("member-joined", member);
    this.#emitter.emit("members", this.#members.all);
  }

  #memberChanged(session: string, event: "member-away" | "member-back", away: number | undefined): void {
    const known = this.#members.get(session);
    if (known === undefined) return;
    const { user, data, since } = known;
    const optional = { ...(user !== undefined && { user }), ...(data !== undefined && { data }), ...(away !== undefined && { away }) };
    const member: Member = { session, since, ...optional };
    this.#members.add(member);
    this.#emitter.emit(event, member);
    this.#emitter.emit("members", this.#members.all);
  }

  #memberLeft(session: string): void {
    const member = this.#members.remove(session);
    if (member === undefined) return;
    this.#emitter.emit("member-left", member);
    this.#emitter.emit("members", this.#members.all);
  }

  #takenOut(code: string, message: string): void {
    if (this.#state === "left") return;
    this.#end();
    this.#emitter.emit("left", { code, message });
  }

  #end(): void {
    this.#link.clock.clearTimeout(this.#retryTimer);
    this.#cursor.suspend();
    this.#state = "left";
    this.#members.replace([]);
    this.#link.forget(this.name);
  }
}

/** Positions are enough for an application; how they hang together is the client's business. */
function withoutLink({ data, position, id, user, session, time }: HistoryMessage): Omit<HistoryMessage, "previous"> {
  const optional = { ...(id !== undefined && { id }), ...(user !== undefined && { user }), ...(session !== undefined && { session }) };
  return { data, position, ...optional, time };
}
