import { operations } from "../api/operations.ts";
import { ProblemError } from "../problems.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";
import type { RoomService } from "./room-service.ts";

/** `POST …/api/disconnect`: ends a session, or all sessions of a user. */
export function addDisconnect(routes: ApiRoutes, service: Pick<RoomService, "disconnect">): void {
  addOperation(routes, operations.disconnect, async ({ body: { user, session = "", reason } }) => {
    const outcome = await service.disconnect(user === undefined ? { session } : { user }, reason);
    if ("refused" in outcome) throw new ProblemError("forbidden", outcome.refused);
    return { status: 202, body: outcome };
  });
}
