import { operations } from "../api/operations.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";
import { pageOf } from "./page-of.ts";
import type { RoomService } from "./room-service.ts";

/** `GET …/api/rooms`: the rooms that have members or messages, by name. */
export function addRooms(routes: ApiRoutes, service: Pick<RoomService, "rooms">): void {
  addOperation(routes, operations.rooms, async ({ query: { prefix = "", after, limit } }) => {
    const rooms = (await service.rooms()).filter(({ room }) => room.startsWith(prefix));
    const { page, next } = pageOf(rooms, ({ room }) => room, after, limit);
    return { status: 200, body: { rooms: page, ...(next !== undefined && { next }) } };
  });
}
