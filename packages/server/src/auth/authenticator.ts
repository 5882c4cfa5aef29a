import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Authentication, Identity, Proof, RoomGrants, TokenContext } from "@openline/hub";
import type { ApiKeys } from "../api-keys.ts";
import type { Logger } from "../log.ts";
import type { Problem } from "../problems.ts";
import { cookieValue, presentedIn } from "./credentials.ts";
import type { JwtVerifier } from "./jwt-verifier.ts";
import type { Tickets } from "./tickets.ts";
import { identityOf } from "./token-identity.ts";

/** Who it is, in the application's words. Times are milliseconds since 1970. */
export interface AuthenticatedUser {
  /** 1 to 255 bytes, as names in rooms are. */
  readonly user: string;
  /** For the revocation of this single token or login. */
  readonly tokenId?: string | undefined;
  /** When the user logged in. Default: now. */
  readonly issuedAt?: number | undefined;
  /** When the connection must end, unless it is refreshed. */
  readonly expiresAt?: number | undefined;
  readonly rooms?: RoomGrants | undefined;
}

/** What an `authenticate` function gets to see. */
export interface AuthenticationRequest {
  /** `handshake`: the request itself. Otherwise the token of a message. */
  readonly purpose: "handshake" | TokenContext["purpose"];
  /** A bearer token, one offered as a subprotocol, the named cookie's value, or the token of the message. */
  readonly token: string | undefined;
  /** Of the handshake; empty for a message. */
  readonly headers: IncomingHttpHeaders;
  /** The value of a cookie of the handshake. */
  readonly cookie: (name: string) => string | undefined;
  /** The address of the handshake, with its query. */
  readonly url: string;
  readonly origin: string | undefined;
  /** The client's address, after trusted proxies. */
  readonly remoteAddress: string | undefined;
}

/**
 * The application's own way to know somebody: the user; `false` to turn them away; `undefined` to say nothing, so that other ways are tried. What it throws is written to the log,
 * and the client is told to come back.
 */
export type AuthenticateFunction = (
  request: AuthenticationRequest,
) => AuthenticatedUser | false | undefined | Promise<AuthenticatedUser | false | undefined>;

/** What an {@link Authenticator} asks, in this order: keys, tickets, the application's function, tokens. */
export interface AuthenticatorOptions {
  readonly keys: ApiKeys;
  readonly tickets: Tickets;
  readonly authenticate: AuthenticateFunction | undefined;
  readonly jwt: JwtVerifier | undefined;
  /** The cookie in which a token may stand. */
  readonly cookie: string | undefined;
  /** Whether the application is asked later anyway, and may know tokens of a `connect` that nothing here reads. Default false. */
  readonly passUnknown?: boolean;
  readonly now: () => number;
  readonly log: Logger;
}

/** Where a handshake came from, after trusted proxies. */
export interface HandshakeSource {
  readonly origin: string | undefined;
  readonly remoteAddress: string | undefined;
}

/** Who a handshake comes from: nobody in particular without an identity. */
export type HandshakeAnswer = { readonly identity: Identity | undefined } | { readonly problem: Problem };

/** Knows who somebody is: by the handshake's fields before the upgrade is answered, and by tokens in messages after it. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Reads what a handshake presents. What is presented and does not hold is refused; presenting nothing is no fault here. */
  async handshake(request: IncomingMessage, { origin, remoteAddress }: HandshakeSource): Promise<HandshakeAnswer> {
    const { keys, cookie, authenticate } = this.#options;
    const presented = presentedIn(request, cookie);
    const key = presented?.from === "header" ? keys.check(request.headers.authorization, "connect") : "unknown";
    if (key === "admitted") return { identity: { isApplication: true, issuedAt: this.#options.now() } };
    if (key === "lacking") return { problem: { code: "forbidden", detail: "this key is not for connect" } };
    if (presented?.from === "ticket" && !this.#options.tickets.isTicket(presented.token)) return { problem: unauthorized(onlyTickets) };
    if (presented === undefined && authenticate === undefined) return { identity: undefined };
    const answer = await this.#ask(presented?.token, {
      purpose: "handshake",
      token: presented?.token,
      headers: request.headers,
      cookie: (name) => cookieValue(request.headers.cookie, name),
      url: request.url ?? "/",
      origin,
      remoteAddress,
    });
    if (answer === undefined) return { identity: undefined };
    if (answer.ok) return { identity: answer.identity };
    return { problem: answer.why === "unavailable" ? unavailable(answer.message) : unauthorized(answer.message) };
  }

  /** Reads the token of a message, for the hub. */
  async token(token: string, { purpose, origin, remoteAddress }: TokenContext): Promise<Authentication> {
    const empty = { headers: {}, cookie: () => undefined, url: "" };
    const answer = (await this.#ask(token, { purpose, token, ...empty, origin, remoteAddress })) ?? unknownToken;
    const isPassed = answer === unknownToken && purpose === "connect" && this.#options.passUnknown === true;
    return isPassed ? { ok: true, identity: undefined } : answer;
  }

  async #ask(token: string | undefined, request: AuthenticationRequest): Promise<Proof | undefined> {
    const { tickets, jwt } = this.#options;
    try {
      if (token !== undefined && tickets.isTicket(token)) return await this.#redeem(token, request);
      const own = await this.#askApplication(request);
      if (own !== undefined || token === undefined) return own;
      return jwt === undefined ? unknownToken : await jwt.verify(token);
    } catch (error) {
      this.#options.log.error({ err: error, purpose: request.purpose }, "who somebody is could not be checked");
      return { ok: false, why: "unavailable", message: "who you are cannot be checked now" };
    }
  }

  async #redeem(ticket: string, { purpose, origin }: AuthenticationRequest): Promise<Proof> {
    if (purpose === "message") return { ok: false, why: "invalid", message: "a ticket is for one connect, not for each message" };
    return await this.#options.tickets.redeem(ticket, origin);
  }

  async #askApplication(request: AuthenticationRequest): Promise<Proof | undefined> {
    const user = await this.#options.authenticate?.(request);
    if (user === undefined) return undefined;
    if (user === false) return { ok: false, why: "invalid", message: "the application does not know you" };
    const { user: sub, tokenId: jti, issuedAt = this.#options.now(), expiresAt, rooms } = user;
    const answer = identityOf({ sub, jti, rooms }, 0);
    if (!answer.ok) throw new TypeError(`authenticate gave what is no user: ${answer.message}`);
    return { ok: true, identity: { ...answer.identity, issuedAt, ...(expiresAt !== undefined && { expiresAt }) } };
  }
}

const onlyTickets =
  "only a one-time ticket may stand in the address: send a token as Authorization: Bearer, as a subprotocol, in a cookie, or in connect";

const unknownToken: Proof = { ok: false, why: "invalid", message: "this server knows no such token" };

function unauthorized(detail: string): Problem {
  return { code: "unauthorized", detail, headers: { "www-authenticate": 'Bearer realm="openline"' } };
}

function unavailable(detail: string): Problem {
  return { code: "unavailable", detail, headers: { "retry-after": "1" } };
}
