import { mostRevocationMs } from "@openline/hub";
import * as v from "valibot";
import { permissionSchema } from "../auth/access-settings.ts";
import type { TicketRequest } from "../auth/tickets.ts";
import { normalizeOrigin } from "../origin-policy.ts";
import { expected, whole } from "../schema-parts.ts";
import { type Schema, user } from "./schemas.ts";

/** The body of a revocation: one of the three, and for how long. */
export interface RevocationBody {
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  readonly token?: string | undefined;
  readonly forMs: number;
}

const originText = expected("an origin such as https://chat.example");
const origin = v.pipe(
  v.string(originText),
  v.check((text) => normalizeOrigin(text) !== undefined, originText),
  v.description("The only page that may use it."),
);
const ticketTime = v.optional(v.pipe(whole(1000, 600_000), v.description("How long it can be used, in milliseconds.")), 30_000);
const connectionTime = v.pipe(
  whole(1000, mostRevocationMs),
  v.description("How long the connection lasts, in milliseconds. Left out: without an end."),
);
const rights = v.pipe(permissionSchema(), v.description("What may be done, by pattern of room names."));

/** What a ticket is asked for with. */
export const ticketBody: v.GenericSchema<unknown, TicketRequest> = v.strictObject({
  user,
  origin: v.optional(origin),
  ttlMs: ticketTime,
  connectionTtlMs: v.optional(connectionTime),
  rooms: v.optional(rights),
});

/** A ticket. */
export const ticketAnswer: Schema = v.strictObject({
  ticket: v.pipe(v.string(), v.description("A secret, to be used once: in the address as `?ticket=`, or as the token of `connect`.")),
  user,
  expiresAt: v.pipe(v.number(), v.integer(), v.minValue(0), v.description("When it can no longer be used, in milliseconds since 1970.")),
});

const id = (what: string): v.GenericSchema<string> =>
  v.pipe(
    v.string(expected("a text")),
    v.minLength(1, expected("a text")),
    v.maxLength(255, expected("at most 255 characters")),
    v.description(what),
  );
const forMs = v.optional(
  v.pipe(whole(1000, mostRevocationMs), v.description("For how long nobody comes back with it: longer than tokens live.")),
  86_400_000,
);
const revoked = {
  user: v.optional(user),
  session: v.optional(id("A session's public id.")),
  token: v.optional(id("A token's id: `jti`, or the `tokenId` that `authenticate` gave.")),
};

/** What is revoked. */
export const revocationBody: v.GenericSchema<unknown, RevocationBody> = v.pipe(
  v.strictObject({ ...revoked, forMs }),
  v.check(
    (body) => [body.user, body.session, body.token].filter((one) => one !== undefined).length === 1,
    "give exactly one of user, session and token",
  ),
  v.description("Exactly one of `user`, `session` and `token`."),
);

/** What was revoked. */
export const revocationAnswer: Schema = v.strictObject({ ...revoked, forMs: v.pipe(v.number(), v.integer()) });
