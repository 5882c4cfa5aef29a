import type { HubActivity } from "@openline/hub";
import * as v from "valibot";
import type { webhookEventTypes } from "../setting-entries/setting-choices.ts";

export type WebhookEventType = (typeof webhookEventTypes)[number];

/** An event as it waits: its id, and its JSON. Events of one `key` keep their order: that of a session, or of a room. */
export interface WebhookEvent {
  readonly id: string;
  readonly text: string;
  readonly key?: string;
}

/** Makes an event of what a session did. */
export function webhookEvent(id: string, { type, time, ...rest }: HubActivity): WebhookEvent {
  return {
    id,
    text: JSON.stringify({ id, type, time, ...rest }),
    key: ("session" in rest ? rest.session : undefined) ?? ("room" in rest ? rest.room : ""),
  };
}

const actor = {
  session: v.pipe(v.string(), v.description("The session's public id.")),
  user: v.optional(v.pipe(v.string(), v.description("The name that others see."))),
  subject: v.optional(v.pipe(v.string(), v.description("The authenticated user."))),
};
const head = {
  id: v.pipe(v.string(), v.description("The same when the event is delivered again.")),
  time: v.pipe(v.number(), v.integer(), v.description("Milliseconds since 1970.")),
};
const room = v.string();

/** One event, for OpenAPI. */
const event: v.GenericSchema = v.variant("type", [
  v.object({ ...head, type: v.literal("connect"), ...actor, resumed: v.boolean(), remoteAddress: v.optional(v.string()) }),
  v.object({ ...head, type: v.literal("disconnect"), ...actor, code: v.number(), reason: v.string() }),
  v.object({ ...head, type: v.literal("join"), ...actor, room, data: v.optional(v.unknown()) }),
  v.object({ ...head, type: v.literal("leave"), ...actor, room }),
  v.object({ ...head, type: v.picklist(["occupied", "vacated"]), room }),
  v.object({
    ...head,
    type: v.literal("publish"),
    ...actor,
    session: v.optional(actor.session),
    room,
    data: v.unknown(),
    position: v.optional(v.pipe(v.string(), v.description("Missing for an ephemeral message."))),
  }),
]);

/** What is posted to a webhook. */
export const webhookBody: v.GenericSchema = v.object({ events: v.pipe(v.array(event), v.minLength(1)) });
