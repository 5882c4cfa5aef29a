import type {
  HistoryPart,
  HistoryQuery,
  Hub,
  HubPublication,
  Presence,
  PresenceQuery,
  PublishOutcome,
  RoomSummary,
  UserSummary,
} from "@openline/hub";
import type { HookBook } from "./hooks.ts";
import type { DisconnectOutcome, RoomService, Whom } from "./routes/room-service.ts";
import type { Siblings } from "./workers/siblings.ts";

/** The hub as the application sees it, over HTTP or in process: with its hook before a disconnect, and with what its siblings have. */
export class HubService implements RoomService {
  readonly #hub: Hub;
  readonly #hooks: Pick<HookBook, "beforeDisconnect">;
  readonly #siblings: Pick<Siblings, "users" | "rooms" | "connected"> | undefined;

  constructor(hub: Hub, hooks: Pick<HookBook, "beforeDisconnect">, siblings?: Pick<Siblings, "users" | "rooms" | "connected">) {
    this.#hub = hub;
    this.#hooks = hooks;
    this.#siblings = siblings;
  }

  async publish(room: string, publication: HubPublication): Promise<PublishOutcome> {
    return await this.#hub.publish(room, publication);
  }

  async rooms(): Promise<readonly RoomSummary[]> {
    return await (this.#siblings ?? this.#hub).rooms();
  }

  async history(room: string, query: HistoryQuery): Promise<HistoryPart | undefined> {
    return await this.#hub.history(room, query);
  }

  async presence(room: string, query?: PresenceQuery): Promise<Presence> {
    return await this.#hub.presence(room, query);
  }

  async usersHere(): Promise<readonly UserSummary[]> {
    return (await this.#siblings?.users()) ?? this.#hub.usersHere();
  }

  async sessionsOf(user: string): Promise<number> {
    return await this.#hub.sessionsOf(user);
  }

  async send(user: string, data: unknown): Promise<number> {
    return await this.#hub.send(user, data);
  }

  async disconnect(whom: Whom, reason: string | undefined): Promise<DisconnectOutcome> {
    const refused = await this.#hooks.beforeDisconnect({ ...whom, reason });
    if (refused !== undefined) return { refused };
    const known = "user" in whom ? await this.#hub.sessionsOf(whom.user) : await this.#siblings?.connected(whom);
    const here = this.#hub.disconnect(whom, reason);
    return { sessions: known ?? here };
  }
}
