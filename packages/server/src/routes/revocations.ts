import type { Hub, Revocation } from "@openline/hub";
import type { RevocationBody } from "../api/access-schemas.ts";
import { operations } from "../api/operations.ts";
import { ProblemError } from "../problems.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";

/** What the route needs of the hub. */
export type Revoker = Pick<Hub, "revoke">;

/** `POST …/api/revocations`: what is revoked holds on every node. `hub`: undefined where nobody logs in. */
export function addRevocations(routes: ApiRoutes, hub: Revoker | undefined): void {
  addOperation(routes, operations.revoke, async ({ body }) => {
    if (hub === undefined) throw new ProblemError("forbidden", "nobody logs in here: start with --api-key or --jwt-…");
    const revocation = revocationOf(body);
    const { forMs } = body;
    const isKept = await hub.revoke(revocation, { forMs }).then(
      () => true,
      () => false,
    );
    if (isKept) return { status: 201, body: { ...revocation, forMs } };
    const detail = "the store did not confirm the revocation: send it again";
    return { problem: { code: "unknown-outcome", detail, headers: { "retry-after": "1" } } };
  });
}

function revocationOf({ user, session, token = "" }: RevocationBody): Revocation {
  if (user !== undefined) return { user };
  return session === undefined ? { token } : { session };
}
