import type { Context } from "hono";
import type { RoomService } from "./room-service.ts";

/** `GET …/api/rooms`: the rooms that have members or messages, by name. */
export function roomsRoute(service: RoomService): (c: Context) => Promise<Response> {
  return async (c) => {
    const listed = await service.rooms();
    const rooms = listed.toSorted((a, b) => (a.room < b.room ? -1 : 1));
    c.header("cache-control", "no-store");
    return c.json({ rooms });
  };
}
