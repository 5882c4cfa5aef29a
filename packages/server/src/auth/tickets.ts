import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from "node:crypto";
import type { Proof, RoomGrants } from "@openline/hub";
import { decodeProtectedHeader, jwtVerify, SignJWT } from "jose";
import { parseApiKey } from "../api-keys.ts";
import { normalizeOrigin } from "../origin-policy.ts";
import { identityOf } from "./token-identity.ts";

const type = "openline-ticket";
/** How far the clocks of two nodes may be apart. */
const leewayMs = 5_000;

/** What a ticket is good for. */
export interface TicketRequest {
  /** Who comes in with it. */
  readonly user: string;
  /** The only page that may use it. */
  readonly origin?: string | undefined;
  /** How long it can be used. */
  readonly ttlMs: number;
  /** How long the connection lasts that was opened with it; without an end when left out. */
  readonly connectionTtlMs?: number | undefined;
  readonly rooms?: RoomGrants | undefined;
}

/** A ticket as the application gets it. */
export interface Ticket {
  readonly ticket: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Uses something up once in the whole cluster: `hub.claim`. */
export type Claim = (id: string, windowMs: number) => Promise<boolean>;

/**
 * One-time tickets: signed with a key derived from the API keys, so that every node that has these knows a ticket without being told, and used up in the broker. Nobody but a holder
 * of an API key can make one.
 */
export class Tickets {
  readonly #keys: readonly KeyObject[];
  readonly #claim: Claim;
  readonly #now: () => number;

  /** @param apiKeys as they are set; those for tickets count */
  constructor(apiKeys: readonly string[], claim: Claim, now: () => number) {
    this.#keys = apiKeys.flatMap(keysOf);
    this.#claim = claim;
    this.#now = now;
  }

  /** Whether tickets can be made here: without an API key there is nothing to sign them with. */
  get canIssue(): boolean {
    return this.#keys.length > 0;
  }

  /** Whether a token is a ticket; it may still not be good. */
  isTicket(token: string): boolean {
    try {
      return decodeProtectedHeader(token).typ === type;
    } catch {
      return false;
    }
  }

  /** Makes a ticket. @throws TypeError without an API key */
  async issue({ user, origin, ttlMs, connectionTtlMs, rooms }: TicketRequest): Promise<Ticket> {
    const [key] = this.#keys;
    if (key === undefined) throw new TypeError("tickets are signed with an API key, and there is none");
    const now = this.#now();
    const claims = { at: now, ttlMs, connectionTtlMs, origin: origin === undefined ? undefined : normalizeOrigin(origin), rooms };
    const ticket = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", typ: type })
      .setSubject(user)
      .setJti(randomBytes(16).toString("base64url"))
      .setExpirationTime(Math.ceil((now + ttlMs) / 1000))
      .sign(key);
    return { ticket, expiresAt: now + ttlMs };
  }

  /** Uses a ticket up: good once, in time, from the page that it was made for. */
  async redeem(ticket: string, origin: string | undefined): Promise<Proof> {
    const claims = await this.#read(ticket);
    const { at, ttlMs, jti, origin: bound } = claims ?? {};
    if (claims === undefined || typeof at !== "number" || typeof ttlMs !== "number" || jti === undefined)
      return refuse("the ticket is not ours");
    const now = this.#now();
    if (at + ttlMs + leewayMs <= now) return { ok: false, why: "expired", message: "the ticket has expired" };
    if (bound !== undefined && bound !== normalizeOrigin(origin ?? "")) return refuse("the ticket is for another page");
    if (!(await this.#claim(jti, ttlMs + 4 * leewayMs))) return refuse("the ticket was used before");
    const { connectionTtlMs } = claims;
    const answer = identityOf({ sub: claims.sub, jti, rooms: claims["rooms"] }, 0);
    if (!answer.ok) return answer;
    const expiresAt = typeof connectionTtlMs === "number" ? now + connectionTtlMs : undefined;
    return { ok: true, identity: { ...answer.identity, issuedAt: at, ...(expiresAt !== undefined && { expiresAt }) } };
  }

  async #read(ticket: string): Promise<(Record<string, unknown> & { readonly sub?: string; readonly jti?: string }) | undefined> {
    for (const key of this.#keys) {
      try {
        const { payload } = await jwtVerify(ticket, key, { algorithms: ["HS256"], typ: type, currentDate: new Date(0) });
        return payload;
      } catch {
        // Perhaps another key signed it.
      }
    }
    return undefined;
  }
}

function keysOf(text: string): KeyObject[] {
  const parsed = parseApiKey(text);
  if (typeof parsed === "string" || !parsed.scopes.has("tickets")) return [];
  return [createSecretKey(Buffer.from(hkdfSync("sha256", parsed.key, "", type, 32)))];
}

function refuse(message: string): Proof {
  return { ok: false, why: "invalid", message };
}
