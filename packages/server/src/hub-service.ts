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

/** The hub as the application sees it, over HTTP or in process: with its hook before a disconnect. */
export class HubService implements RoomService {
  readonly #hub: Hub;
  readonly #hooks: Pick<HookBook, "beforeDisconnect">;

  constructor(hub: Hub, hooks: Pick<HookBook, "beforeDisconnect">) {
    this.#hub = hub;
    this.#hooks = hooks;
  }

  async publish(room: string, publication: HubPublication): Promise<PublishOutcome> {
    return await this.#hub.publish(room, publication);
  }

  async rooms(): Promise<RoomSummary[]> {
    return await this.#hub.rooms();
  }

  async history(room: string, query: HistoryQuery): Promise<HistoryPart | undefined> {
    return await this.#hub.history(room, query);
  }

  async presence(room: string, query?: PresenceQuery): Promise<Presence> {
    return await this.#hub.presence(room, query);
  }

  usersHere(): readonly UserSummary[] {
    return this.#hub.usersHere();
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
    const known = "user" in whom ? await this.#hub.sessionsOf(whom.user) : undefined;
    const here = this.#hub.disconnect(whom, reason);
    return { sessions: known ?? here };
  }
}
