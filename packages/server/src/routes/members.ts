import { operations } from "../api/operations.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";
import type { RoomService } from "./room-service.ts";

/** `GET …/api/rooms/{room}/members`: who is there, on all nodes, in pages. */
export function addMembers(routes: ApiRoutes, service: Pick<RoomService, "presence">): void {
  addOperation(routes, operations.members, async ({ params: { room = "" }, query }) => {
    const { members, next, memberCount } = await service.presence(room, query);
    return { status: 200, body: { room, members, ...(next !== undefined && { next }), memberCount } };
  });
}
