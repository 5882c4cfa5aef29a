import type { HistoryPart, HistoryQuery, Presence, PresenceQuery, PublishOutcome } from "@openline/hub";
import type { HistoryMessage } from "@openline/wire";
import type { RoomService } from "./routes/room-service.ts";
import { checked, type StandardSchema } from "./standard-schema.ts";

/** How a message is published from the program. */
export interface PublishOptions {
  /** Makes it safe to publish again. */
  readonly id?: string;
  /** The name shown as its author. */
  readonly user?: string;
  /** To who is there; not stored. */
  readonly ephemeral?: boolean;
}

/** A page of a room's history with the room's messages. */
export interface TypedHistory<Out> extends HistoryPart {
  readonly messages: readonly (Omit<HistoryMessage, "data"> & { readonly data: Out })[];
}

/** One room, as the application that hosts the server uses it. */
export interface RoomHandle<In = unknown, Out = In> {
  readonly name: string;
  /** Publishes, after the room's schema has passed the data; never rejects for what the caller did wrong. */
  publish(data: In, options?: PublishOptions): Promise<PublishOutcome>;
  /** A page of what the room keeps; `undefined` when the position is not known, or what follows it has expired. */
  history(query?: HistoryQuery): Promise<TypedHistory<Out> | undefined>;
  /** Who is in it, on all nodes, in pages. */
  presence(query?: PresenceQuery): Promise<Presence>;
}

/** Makes the handle of a room; any number of them may exist. */
export function roomHandle<In, Out>(
  service: Pick<RoomService, "publish" | "history" | "presence">,
  name: string,
  schema: StandardSchema | undefined,
): RoomHandle<In, Out> {
  return {
    name,
    publish: async (data, options = {}) => {
      const result = schema === undefined ? { value: data } : await checked(schema, data);
      if ("fault" in result) return { outcome: "rejected", code: "bad-message", message: result.fault };
      return await service.publish(name, { data: result.value, ...options });
    },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the schema passed is what was stored
    history: async (query = {}) => (await service.history(name, query)) as TypedHistory<Out> | undefined,
    presence: async (query) => await service.presence(name, query),
  };
}
