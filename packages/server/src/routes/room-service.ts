import type {
  HistoryPart,
  HistoryQuery,
  HubPublication,
  Presence,
  PresenceQuery,
  PublishOutcome,
  RoomSummary,
  UserSummary,
} from "@openline/hub";

/** Whom to disconnect. */
export type Whom = { readonly user: string } | { readonly session: string };

/** How an order to disconnect ended: so many connected sessions, or why the application's hook refused it. */
export type DisconnectOutcome = { readonly sessions: number } | { readonly refused: string };

/** What the HTTP API needs of the hub. */
export interface RoomService {
  publish(room: string, publication: HubPublication): Promise<PublishOutcome>;
  rooms(): readonly RoomSummary[] | Promise<readonly RoomSummary[]>;
  history(room: string, query: HistoryQuery): Promise<HistoryPart | undefined>;
  presence(room: string, query?: PresenceQuery): Promise<Presence>;
  /** Who is connected to this node, to all its workers. */
  usersHere(): readonly UserSummary[] | Promise<readonly UserSummary[]>;
  sessionsOf(user: string): Promise<number>;
  send(user: string, data: unknown): Promise<number>;
  disconnect(whom: Whom, reason: string | undefined): Promise<DisconnectOutcome>;
}
