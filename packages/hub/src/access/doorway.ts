import { type ClientMessage, type Connect, type ErrorCode, errorTable, type Refresh, version } from "@openline/wire";
import type { Connection } from "../connection.ts";
import { type HubGuard, type Refusal, verdictOf } from "../guard.ts";
import type { Hub } from "../hub.ts";
import type { ConnectionInfo } from "../hub-options.ts";
import type { RoomRequest } from "../room-requests.ts";
import type { Session } from "../session.ts";
import type { SessionRequest } from "../session-requests.ts";
import type { Settings } from "../settings.ts";
import type { Entry } from "./access.ts";
import type { Identity } from "./identity.ts";
import { Inbox } from "./inbox.ts";
import { Login } from "./login.ts";
import { leaveForbiddenRooms } from "./room-rights.ts";

/** What a session may ask for. */
type Demand = RoomRequest | SessionRequest | Refresh;

/** Close codes of those refusals of a `connect` that do not mean "never". */
const turnedAwayWith: Partial<Record<ErrorCode, number>> = { internal: 1011, "rate-limited": 1013 };

/** Where a connection's messages come through: decides who the client is, and looks at each message before the connection does what it says. */
export class Doorway {
  readonly #connection: Connection;
  readonly #hub: Hub;
  readonly #settings: Settings;
  #info: ConnectionInfo;
  #phase: "waiting" | "deciding" | "in" = "waiting";
  /** What came while something was being decided. */
  #inbox: Inbox | undefined;
  #login: Login | undefined;
  #countedUser: string | undefined;

  constructor(connection: Connection, hub: Hub, settings: Settings, info: ConnectionInfo) {
    this.#connection = connection;
    this.#hub = hub;
    this.#settings = settings;
    this.#info = info;
  }

  /** What is known of the connection; who it is, as the guard said. */
  get info(): ConnectionInfo {
    return this.#info;
  }

  get identity(): Identity | undefined {
    return this.#login?.identity;
  }

  /** How long the login lasts, as the client is told. */
  get expiry(): { readonly expiresInMs?: number } {
    const expiresInMs = this.#login?.expiresInMs;
    return expiresInMs === undefined ? {} : { expiresInMs: Math.max(0, expiresInMs) };
  }

  /** The connection is over. */
  close(): void {
    this.#inbox?.close();
    this.#login?.close();
    if (this.#countedUser !== undefined) this.#hub.discountUser(this.#countedUser);
  }

  /** While something is being decided, what comes after it waits: the order is the client's. */
  take(message: ClientMessage, bytes: number): void {
    if (message.type === "connect" && this.#phase !== "waiting")
      return this.#connection.refuse(message.ref, "already-connected", "a second connect on one connection");
    if (this.#inbox !== undefined) {
      const limit = this.#settings.pendingBytes;
      if (!this.#inbox.add(message, bytes))
        this.#connection.refuse(refOf(message), "rate-limited", `more than ${limit} bytes of requests wait`, 1000);
      return;
    }
    const decision = this.#accept(message, bytes);
    if (decision === undefined) return;
    this.#inbox = new Inbox((next, size) => this.#accept(next, size), this.#settings.pendingBytes);
    this.#inbox.drain(decision, () => (this.#inbox = undefined)).catch((error: unknown) => this.#broken(error));
  }

  #accept(message: ClientMessage, bytes: number): Promise<void> | undefined {
    if (this.#connection.isClosed) return undefined;
    const { type } = message;
    const session = this.#connection.session;
    if (type === "connect") return this.#connect(message);
    if (session === undefined) this.#connection.refuse(refOf(message), "not-connected", `${type} came before connect`);
    else if (type === "ping") this.#connection.send({ type: "pong", ...(message.ref !== undefined && { ref: message.ref }) });
    else if (message.type !== "pong") return this.#screen(session, message, bytes);
    return undefined;
  }

  #connect(request: Connect): Promise<void> | undefined {
    if (request.version !== version) {
      this.#connection.refuse(request.ref, "unsupported-version", `version ${request.version} is not spoken here, ${version} is`);
      return undefined;
    }
    const entry = this.#hub.access.admit(request, this.#info);
    const { connect } = this.#settings.guard;
    if (entry instanceof Promise || connect !== undefined) {
      this.#phase = "deciding";
      return this.#decide(request, entry, connect);
    }
    this.#enter(request, entry);
    return undefined;
  }

  async #decide(request: Connect, entering: Entry | Promise<Entry>, guard: HubGuard["connect"]): Promise<void> {
    const entry = await entering;
    if (this.#connection.isClosed) return;
    if (!entry.ok || guard === undefined) return this.#enter(request, entry);
    this.#know(entry.identity);
    const { token, session } = request;
    const user = this.#hub.access.userOf(entry.identity, request.user);
    const verdict = await verdictOf(this.#settings, guard, () => ({ user, token, info: this.#info, session: session?.id }));
    if (this.#connection.isClosed) return;
    if (verdict !== undefined && "refuse" in verdict) return this.#turnAway(request.ref, verdict.refuse);
    const { user: name = user, subject = this.#info.subject } = verdict?.change ?? {};
    if (subject !== undefined) this.#info = { ...this.#info, subject };
    const said = verdict?.change.subject;
    const identity = entry.identity ?? (said === undefined ? undefined : { subject: said, issuedAt: this.#settings.clock.now() });
    // Meanwhile it may have expired, or been revoked.
    this.#enter(request, this.#hub.access.judge(identity), name);
  }

  #know(identity: Identity | undefined): void {
    if (identity?.subject !== undefined) this.#info = { ...this.#info, subject: identity.subject };
  }

  #enter(request: Connect & { readonly token?: string }, entry: Entry, name?: string): void {
    if (!entry.ok) return this.#turnAway(request.ref, entry.refusal);
    const { identity } = entry;
    this.#know(identity);
    const { subject } = this.#info;
    if (subject !== undefined && !this.#hub.countUser(subject, request))
      return this.#turnAway(request.ref, { code: "too-many-connections", message: "the user has as many connections as are allowed" });
    this.#countedUser = subject;
    if (identity !== undefined) {
      this.#login = new Login(this.#settings.clock, () => this.#connection.refuse(undefined, "token-expired", "the token has expired"));
      this.#login.set(identity, request.token);
    }
    this.#phase = "in";
    this.#connection.begin(request, name ?? this.#hub.access.userOf(identity, request.user));
  }

  #screen(session: Session, message: Demand, bytes: number): Promise<void> | undefined {
    const closing = this.#hub.access.screen(message, this.#login, this.#info, session.id);
    if (closing instanceof Promise) return this.#screenLater(session, message, bytes, closing);
    if (closing === undefined) return this.#do(session, message, bytes);
    this.#closeFor(message.ref, closing);
    return undefined;
  }

  async #screenLater(session: Session, message: Demand, bytes: number, closing: Promise<string | undefined>): Promise<void> {
    const reason = await closing;
    if (this.#connection.session !== session) return;
    if (reason === undefined) await this.#do(session, message, bytes);
    else this.#closeFor(message.ref, reason);
  }

  /** RFC 6455 §7.4.1: 1008 is for a message that breaks the receiver's policy. */
  #closeFor(ref: number, reason: string): void {
    this.#connection.send({ type: "error", ref, code: "unauthorized", message: reason });
    this.#logRefusal("unauthorized", reason);
    this.#connection.close(1008, reason);
  }

  #do(session: Session, message: Demand, bytes: number): Promise<void> | undefined {
    const { messageRate, clock } = this.#settings;
    const retryAfterMs = messageRate === undefined ? 0 : session.rates.take("", messageRate, clock.now());
    if (retryAfterMs > 0 && messageRate !== undefined) {
      const text = `a session may send ${messageRate.messages} requests in ${messageRate.perMs} ms`;
      this.#connection.refuse(message.ref, "rate-limited", text, retryAfterMs);
    } else if (message.type === "refresh") return this.#refresh(session, message);
    else this.#connection.queueRequest(session, message, bytes);
    return undefined;
  }

  async #refresh(session: Session, { ref, token }: Refresh): Promise<void> {
    const entry = await this.#hub.access.refresh(token, this.#login, this.#info);
    if (this.#connection.session !== session) return;
    if (!entry.ok) {
      this.#logRefusal(entry.refusal.code, entry.refusal.message);
      return this.#connection.refuse(ref, entry.refusal.code, entry.refusal.message);
    }
    this.#know(entry.identity);
    this.#login?.set(entry.identity, token);
    this.#connection.send({ type: "refreshed", ref, ...this.expiry });
    await leaveForbiddenRooms({ hub: this.#hub, settings: this.#settings, connection: this.#connection, session });
  }

  #logRefusal(code: ErrorCode, reason: string): void {
    const { remoteAddress } = this.#info;
    this.#settings.log({
      type: "access-refused",
      connection: this.#connection.id,
      code,
      reason,
      ...(remoteAddress !== undefined && { remoteAddress }),
    });
  }

  /** What was being decided failed: this connection cannot go on in order. */
  #broken(error: unknown): void {
    this.#settings.log({ type: "fault", error });
    this.#connection.close(1011, "internal");
  }

  /** Whoever may not come in is closed, whatever the reason: a code that asks to come back only where that helps. */
  #turnAway(ref: number, { code, message, retryAfterMs }: Refusal): void {
    this.#logRefusal(code, message);
    this.#connection.refuse(ref, code, message, retryAfterMs);
    this.#connection.close(turnedAwayWith[code] ?? errorTable.unauthorized.closeCode ?? 4403, code);
  }
}

function refOf(message: ClientMessage): number | undefined {
  return message.ref;
}
