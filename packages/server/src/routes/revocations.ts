import type { Hub, Revocation } from "@openline/hub";
import { mostRevocationMs } from "@openline/hub";
import * as v from "valibot";
import { ProblemError } from "../problems.ts";
import { expected, members, whole } from "../schema-parts.ts";
import type { NodeContext } from "./api-route.ts";
import { jsonBody } from "./json-body.ts";
import { nameSchema } from "./tickets.ts";

const id = v.pipe(v.string(expected("a text")), v.regex(/^[\s\S]{1,255}$/, expected("a text of 1 to 255 characters")));

/** The body of a revocation: one of the three, and for how long. */
export interface RevocationBody {
  readonly user?: string;
  readonly session?: string;
  readonly token?: string;
  readonly forMs: number;
}

/** What is revoked, and for how long nobody may come back with it. */
export const revocationSchema: v.GenericSchema<unknown, RevocationBody> = members({
  user: v.exactOptional(nameSchema),
  session: v.exactOptional(id),
  token: v.exactOptional(id),
  forMs: v.exactOptional(whole(1000, mostRevocationMs), 86_400_000),
});

/** What the route needs of the hub. */
export type Revoker = Pick<Hub, "revoke">;

/**
 * `POST …/api/revocations`: 201 when the log of revocations has it; connections are closed within 2 s on every node.
 * @throws ProblemError for a body that is none; `unknown-outcome` when the store did not confirm it; `forbidden` where nobody logs in
 */
export function revocationsRoute(hub: Revoker | undefined, limitBytes: number): (c: NodeContext) => Promise<Response> {
  return async (c) => {
    const { forMs, ...asked } = await jsonBody(c.env.incoming, limitBytes, revocationSchema);
    if (hub === undefined) throw new ProblemError("forbidden", "nobody logs in here: start with --api-key or --jwt-…");
    const revocation = onlyOne(asked);
    try {
      await hub.revoke(revocation, { forMs });
    } catch {
      throw new ProblemError("unknown-outcome", "the store did not confirm the revocation: send it again", { "retry-after": "1" });
    }
    return Response.json({ ...revocation, forMs }, { status: 201 });
  };
}

function onlyOne({ user, session, token }: Omit<RevocationBody, "forMs">): Revocation {
  const given = [user !== undefined && { user }, session !== undefined && { session }, token !== undefined && { token }].filter(
    (one) => one !== false,
  );
  if (given.length === 1 && given[0] !== undefined) return given[0];
  throw new ProblemError("bad-message", "the body must have exactly one of user, session and token");
}
