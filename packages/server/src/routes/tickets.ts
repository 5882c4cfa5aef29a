import { checkName } from "@openline/wire";
import * as v from "valibot";
import { permissionSchema } from "../auth/access-settings.ts";
import type { TicketRequest, Tickets } from "../auth/tickets.ts";
import { normalizeOrigin } from "../origin-policy.ts";
import { ProblemError } from "../problems.ts";
import { expected, members, whole } from "../schema-parts.ts";
import type { NodeContext } from "./api-route.ts";
import { jsonBody } from "./json-body.ts";

/** A name as the wire format has it. */
export const nameSchema: v.GenericSchema<string> = v.pipe(
  v.string(expected("a text")),
  v.check((name) => checkName(name) === undefined, expected("a name of 1 to 255 bytes, without control characters or spaces around it")),
);

const originText = expected("an origin such as https://chat.example");

/** What a ticket is asked for with. */
export const ticketSchema: v.GenericSchema<unknown, TicketRequest> = members({
  user: nameSchema,
  origin: v.exactOptional(
    v.pipe(
      v.string(originText),
      v.check((origin) => normalizeOrigin(origin) !== undefined, originText),
    ),
  ),
  ttlMs: v.exactOptional(whole(1000, 600_000), 30_000),
  connectionTtlMs: v.exactOptional(whole(1000, 2_592_000_000)),
  rooms: v.exactOptional(permissionSchema()),
});

/**
 * `POST …/api/tickets`: 201 with a one-time ticket for a user. Who holds it may open one connection within `ttlMs` (30,000).
 * @throws ProblemError for a body that is none, and without an API key
 */
export function ticketsRoute(tickets: Tickets, limitBytes: number): (c: NodeContext) => Promise<Response> {
  return async (c) => {
    const request = await jsonBody(c.env.incoming, limitBytes, ticketSchema);
    if (!tickets.canIssue) throw new ProblemError("forbidden", "tickets are signed with an API key: start with --api-key KEY");
    const ticket = await tickets.issue(request);
    return Response.json({ ...ticket, user: request.user }, { status: 201, headers: { "cache-control": "no-store" } });
  };
}
