import { operations } from "../api/operations.ts";
import type { Tickets } from "../auth/tickets.ts";
import { ProblemError } from "../problems.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";

/** `POST …/api/tickets`: a one-time ticket for a user. */
export function addTickets(routes: ApiRoutes, tickets: Tickets): void {
  addOperation(routes, operations.ticket, async ({ body }) => {
    if (!tickets.canIssue) throw new ProblemError("forbidden", "tickets are signed with an API key: start with --api-key KEY");
    return { status: 201, body: { ...(await tickets.issue(body)), user: body.user } };
  });
}
