import { checkName, parseClientMessage } from "@openline/wire";
import type { Deed } from "./activity.ts";
import { type Publication, RoomLimitError } from "./broker.ts";
import type { HubPublication, PublishOutcome } from "./hub-options.ts";
import { authorOf } from "./message-text.ts";
import { encodePosition } from "./position.ts";
import { publicationOf, sizeRefusal } from "./publication.ts";
import type { Settings } from "./settings.ts";

/** Publishes the application's own messages, by the rules that hold for a client's. */
export class ApplicationPublisher {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Never rejects: what the caller did wrong is `rejected`, with a code of the wire's table. */
  async publish(room: string, publication: HubPublication): Promise<PublishOutcome> {
    const { data, id, user, subject, ephemeral = false } = publication;
    const refused = this.#refusalOf(room, publication);
    if (refused !== undefined) return refused;
    const scope = subject === undefined ? "application" : `subject:${subject}`;
    const encoded = publicationOf(this.#settings, { room, data, id, author: authorOf(user, undefined), scope });
    const deed = { type: "publish", room, data, ...(user !== undefined && { user }), ...(id !== undefined && { id }) } as const;
    try {
      return ephemeral ? this.#signal(encoded, deed) : await this.#store(encoded, deed);
    } catch (error) {
      if (error instanceof RoomLimitError) return { outcome: "rejected", code: "room-limit", message: error.message };
      this.#settings.log({ type: "fault", error });
      return { outcome: "unknown" };
    }
  }

  #signal({ content, time }: Publication, deed: PublishDeed): PublishOutcome {
    this.#settings.broker.signal(deed.room, { content, time });
    this.#published(deed);
    return { outcome: "sent" };
  }

  async #store(encoded: Publication, deed: PublishDeed): Promise<PublishOutcome> {
    const outcome = await this.#settings.broker.publish(deed.room, encoded);
    if (outcome.outcome === "unknown") return outcome;
    if (outcome.outcome === "conflict")
      return { outcome: "rejected", code: "id-conflict", message: `id ${JSON.stringify(deed.id)} was used with other data in this room` };
    const position = encodePosition(outcome.position);
    if (outcome.outcome === "stored") this.#published({ ...deed, position });
    return { outcome: outcome.outcome, position };
  }

  #published(deed: PublishDeed): void {
    this.#settings.counters.published++;
    this.#settings.observe(deed);
  }

  /** The same rules as for a client's publish: the publication is read as one. */
  #refusalOf(room: string, publication: HubPublication): PublishOutcome | undefined {
    const { data, id, user, ephemeral } = publication;
    let text: string;
    try {
      text = JSON.stringify({ type: "publish", ref: 0, room, data, ...(id !== undefined && { id }), ...(ephemeral && { ephemeral }) });
    } catch (error) {
      return { outcome: "rejected", code: "bad-message", message: `data is no JSON value: ${String(error)}` };
    }
    const parsed = parseClientMessage(text, this.#settings.limits);
    if (!parsed.ok) return { outcome: "rejected", code: parsed.error.code, message: parsed.error.message };
    const wrong = user === undefined ? undefined : checkName(user, this.#settings.limits.nameBytes);
    if (wrong !== undefined) return { outcome: "rejected", code: "bad-name", message: `user ${wrong}` };
    const tooLarge = sizeRefusal(room, data, this.#settings.rules.of(room).messageBytes);
    if (tooLarge !== undefined) return { outcome: "rejected", ...tooLarge };
    if (!room.startsWith("$")) return undefined;
    return { outcome: "rejected", code: "forbidden", message: `room ${JSON.stringify(room)} begins with $ and belongs to the system` };
  }
}

type PublishDeed = Extract<Deed, { type: "publish" }>;
