import type { ClientMessage, Connect } from "@openline/wire";
import type { Refusal } from "../guard.ts";
import type { ConnectionInfo } from "../hub-options.ts";
import type { Settings } from "../settings.ts";
import type { AccessOptions, Authentication, Identity, TokenContext } from "./identity.ts";
import type { Login } from "./login.ts";
import { Permissions } from "./permissions.ts";
import type { Revocations } from "./revocations.ts";
import { withinTime } from "./time-limit.ts";

/** What somebody is let in with (without an identity: as nobody in particular), or why not. */
export type Entry = { readonly ok: true; readonly identity: Identity | undefined } | { readonly ok: false; readonly refusal: Refusal };

/** What a message is closed with: 1008 and this reason. */
export type Closing = "token missing" | "token not valid" | "token not for you" | "token expired" | (string & {});

const none: AccessOptions = {};

/** Who may come in: reads tokens, asks the log of revocations, and looks at each message where that is wanted. */
export class Access {
  readonly permissions: Permissions;
  readonly #settings: Settings;
  readonly #options: AccessOptions;
  readonly #revocations: Revocations | undefined;

  constructor(settings: Settings, revocations: Revocations | undefined) {
    this.#settings = settings;
    this.#options = settings.access ?? none;
    this.#revocations = revocations;
    this.permissions = new Permissions(this.#options, settings.clock);
  }

  /** Decides on a `connect`, at once where nothing has to be waited for. */
  admit(request: Connect & { readonly token?: string }, info: ConnectionInfo): Entry | Promise<Entry> {
    const readsToken = request.token !== undefined && this.#options.authenticate !== undefined;
    if (!readsToken && this.#revocations?.isCurrent !== false) return this.judge(info.identity);
    return this.#admitLater(readsToken ? request.token : undefined, info);
  }

  /** Decides on a `refresh`: only another token of the same user will do. */
  async refresh(token: string, login: Login | undefined, info: ConnectionInfo): Promise<Entry> {
    const answer = await this.#authenticate(token, contextOf("refresh", info));
    if (!answer.ok) return { ok: false, refusal: refusalOf(answer) };
    if (isSameUser(answer.identity, login?.identity)) return this.judge(answer.identity);
    return refuse("unauthorized", "the token is another user's");
  }

  /** The name under which somebody is known. Where names are proved, nobody has one without proof. */
  userOf(identity: Identity | undefined, claimed: string | undefined): string | undefined {
    if (identity?.subject !== undefined) return identity.subject;
    const mayClaim = identity?.isApplication === true || this.#options.authenticate === undefined;
    return mayClaim ? claimed : undefined;
  }

  /** Looks at a message before anything is done with it; gives the reason for closing, `undefined` to go on, or a promise of either. */
  screen(
    message: ClientMessage,
    login: Login | undefined,
    info: ConnectionInfo,
    session: string,
  ): Closing | undefined | Promise<Closing | undefined> {
    const { tokenInEachMessage = false, checkMessage } = this.#options;
    if (message.type === "refresh" || login?.identity?.isApplication === true) return undefined;
    const verdict = tokenInEachMessage ? this.#checkToken(message.token, login, info) : undefined;
    if (checkMessage === undefined) return verdict;
    return this.#hook(verdict, message, login, session);
  }

  async #admitLater(token: string | undefined, info: ConnectionInfo): Promise<Entry> {
    let { identity } = info;
    if (token !== undefined) {
      const answer = await this.#authenticate(token, contextOf("connect", info));
      if (!answer.ok) return { ok: false, refusal: refusalOf(answer) };
      identity = answer.identity ?? identity;
    }
    await this.#revocations?.current();
    return this.judge(identity);
  }

  /** Whether what was proved holds now. */
  judge(identity: Identity | undefined): Entry {
    const { anonymous = true } = this.#options;
    if (identity === undefined) return anonymous ? { ok: true, identity } : refuse("unauthorized", "connect needs a token");
    if (identity.expiresAt !== undefined && identity.expiresAt <= this.#settings.clock.now())
      return refuse("token-expired", "the token has expired");
    if (this.#revocations?.covers(identity) === true) return refuse("revoked", "the login was revoked");
    return { ok: true, identity };
  }

  async #authenticate(token: string, context: TokenContext): Promise<Authentication> {
    const { authenticate } = this.#options;
    if (authenticate === undefined) return { ok: false, why: "invalid", message: "this server reads no tokens" };
    try {
      return await authenticate(token, context);
    } catch (error) {
      this.#settings.log({ type: "fault", error });
      return { ok: false, why: "unavailable", message: "the token cannot be checked now" };
    }
  }

  #checkToken(
    token: string | undefined,
    login: Login | undefined,
    info: ConnectionInfo,
  ): Closing | undefined | Promise<Closing | undefined> {
    if (token === undefined) return "token missing";
    if (login?.isProvedBy(token) === true) return login.isExpired ? "token expired" : undefined;
    return this.#checkNewToken(token, login, info);
  }

  /** A newer token of the same user takes the older one's place. */
  async #checkNewToken(token: string, login: Login | undefined, info: ConnectionInfo): Promise<Closing | undefined> {
    const answer = await this.#authenticate(token, contextOf("message", info));
    if (!answer.ok) return answer.why === "expired" ? "token expired" : "token not valid";
    if (!isSameUser(answer.identity, login?.identity)) return "token not for you";
    const judged = this.judge(answer.identity);
    if (!judged.ok) return judged.refusal.code === "token-expired" ? "token expired" : "token not valid";
    login?.set(answer.identity, token);
    return undefined;
  }

  async #hook(
    verdict: Closing | undefined | Promise<Closing | undefined>,
    message: ClientMessage,
    login: Login | undefined,
    session: string,
  ): Promise<Closing | undefined> {
    const reason = await verdict;
    const { checkMessage, decisionTimeoutMs: timeoutMs = 5_000 } = this.#options;
    if (reason !== undefined || checkMessage === undefined) return reason;
    const asked = Promise.resolve().then(() => checkMessage(message, { session, subject: login?.identity?.subject }));
    return await withinTime(this.#settings.clock, timeoutMs, `checkMessage did not decide within ${timeoutMs} ms`, asked);
  }
}

function isSameUser(one: Identity | undefined, other: Identity | undefined): boolean {
  return one?.subject !== undefined && one.subject === other?.subject;
}

function contextOf(purpose: TokenContext["purpose"], { remoteAddress, origin }: ConnectionInfo): TokenContext {
  return { purpose, ...(remoteAddress !== undefined && { remoteAddress }), ...(origin !== undefined && { origin }) };
}

const codes = { invalid: "unauthorized", expired: "token-expired", unavailable: "internal" } as const;

function refusalOf({ why, message }: Extract<Authentication, { ok: false }>): Refusal {
  return { code: codes[why], message };
}

function refuse(code: Refusal["code"], message: string): Entry {
  return { ok: false, refusal: { code, message } };
}
