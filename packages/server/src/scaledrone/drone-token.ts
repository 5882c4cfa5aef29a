import { compactVerify, errors } from "jose";
import type { ScaledroneChannel } from "./channel.ts";
import { RoomPermissions } from "./room-permissions.ts";

/** Whose token it must be: a connection's, or of a REST call, which has no client. */
export interface TokenUse {
  readonly client: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What a good token proves. */
export interface DroneRights {
  readonly permissions: RoomPermissions;
  /** Shown to others as `authData`. */
  readonly data: unknown;
}

/** A token that proves nothing; the message is for the client. */
export class TokenError extends Error {
  override readonly name = "TokenError";
}

/** Above it an expiry is in milliseconds, as old documents and the clients for Swift and PHP have it; below, in seconds. */
const leastMilliseconds = 1e11;

/**
 * Reads a Scaledrone token: HS256 with the channel's secret.
 * @throws TokenError when it is none, not for this channel or client, or expired
 */
export async function readToken(token: string, channel: Pick<ScaledroneChannel, "id" | "secret">, use: TokenUse): Promise<DroneRights> {
  if (token.split(".").length !== 3) throw new TokenError("JWT does not have 3 parts");
  const claims = await claimsOf(token, channel.secret);
  if (claims["channel"] !== channel.id) throw new TokenError("JWT is for another channel");
  if (claims["client"] !== use.client) throw new TokenError(use.client === undefined ? "JWT has a client" : "JWT is for another client");
  const { exp, permissions, data } = claims;
  if (typeof exp !== "number") throw new TokenError("JWT has no exp");
  if ((exp > leastMilliseconds ? exp : exp * 1000) <= use.now) throw new TokenError("JWT has expired");
  if (!isObject(permissions)) throw new TokenError("JWT has no permissions");
  return { permissions: new RoomPermissions(permissions), data: data ?? undefined };
}

async function claimsOf(token: string, secret: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const { payload } = await compactVerify(token, new TextEncoder().encode(secret), { algorithms: ["HS256"] });
    const claims: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    if (isObject(claims)) return claims;
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) throw new TokenError("JWT has a wrong signature");
  }
  throw new TokenError("JWT cannot be read");
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
