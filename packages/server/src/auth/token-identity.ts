import { type Identity, type Proof, type RoomGrants, roomActions } from "@openline/hub";
import { checkName } from "@openline/wire";

/** The claims of a token that say who it is (RFC 7519 §4.1), and what it grants. */
export interface TokenClaims {
  readonly sub?: unknown;
  readonly jti?: unknown;
  /** Seconds since 1970. */
  readonly iat?: unknown;
  /** Seconds since 1970. */
  readonly exp?: unknown;
  readonly rooms?: unknown;
}

/** Makes an identity of claims whose signature and times were checked. `leewayMs` is what the clocks may differ. */
export function identityOf({ sub, jti, iat, exp, rooms }: TokenClaims, leewayMs: number): Proof {
  if (typeof sub !== "string") return refuse("the token names no user: sub is missing");
  const wrong = checkName(sub);
  if (wrong !== undefined) return refuse(`the token's sub ${wrong}`);
  const grants = rooms === undefined ? undefined : readGrants(rooms);
  if (typeof grants === "string") return refuse(`the token's rooms ${grants}`);
  const identity: Identity = {
    subject: sub,
    // Without it nobody knows whether the token is older than a revocation: it counts as older.
    issuedAt: typeof iat === "number" ? iat * 1000 : 0,
    ...(typeof jti === "string" && { tokenId: jti }),
    ...(typeof exp === "number" && { expiresAt: exp * 1000 + leewayMs }),
    ...(grants !== undefined && { rooms: grants }),
  };
  return { ok: true, identity };
}

/** Reads rights by pattern of rooms. @returns them, or in words what is wrong */
export function readGrants(value: unknown): RoomGrants | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "must be an object of patterns";
  const grants: Record<string, readonly RoomGrants[string][number][]> = {};
  for (const [pattern, actions] of Object.entries(value)) {
    if (!Array.isArray(actions) || !actions.every(isAction)) {
      return `must have a list of ${roomActions.join(", ")} or * for ${JSON.stringify(pattern.slice(0, 100))}`;
    }
    grants[pattern] = actions;
  }
  return grants;
}

function isAction(value: unknown): value is RoomGrants[string][number] {
  return value === "*" || roomActions.some((action) => action === value);
}

function refuse(message: string): Proof {
  return { ok: false, why: "invalid", message };
}
