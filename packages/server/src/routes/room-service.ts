import type { HubPublication, PublishOutcome, RoomSummary } from "@openline/hub";

/** What the HTTP API needs of the hub. */
export interface RoomService {
  publish(room: string, publication: HubPublication): Promise<PublishOutcome>;
  rooms(): readonly RoomSummary[] | Promise<readonly RoomSummary[]>;
}
