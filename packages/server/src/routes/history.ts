import { operations } from "../api/operations.ts";
import { unknownPosition } from "../reading/long-poll.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";
import type { RoomService } from "./room-service.ts";

/** `GET …/api/rooms/{room}/messages`: a page of what the room keeps, oldest first. */
export function addHistory(routes: ApiRoutes, service: Pick<RoomService, "history">): void {
  addOperation(routes, operations.history, async ({ params: { room = "" }, query }) => {
    const part = await service.history(room, query);
    if (part === undefined) return { problem: unknownPosition(room, query.before ?? query.after ?? "") };
    return { status: 200, body: { room, messages: part.messages, complete: part.complete } };
  });
}
