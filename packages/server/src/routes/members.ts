import { operations } from "../api/operations.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";
import type { RoomService } from "./room-service.ts";

/** `GET …/api/rooms/{room}/members`: who is there, on all nodes. */
export function addMembers(routes: ApiRoutes, service: Pick<RoomService, "presence">): void {
  addOperation(routes, operations.members, async ({ params: { room = "" } }) => {
    const { members, memberCount } = await service.presence(room);
    return { status: 200, body: { room, members, memberCount } };
  });
}
