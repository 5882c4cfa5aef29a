import { operations } from "../api/operations.ts";
import { ProblemError } from "../problems.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";
import type { RoomService } from "./room-service.ts";

/** `GET …/api/rooms/{room}/messages`: a page of what the room keeps, oldest first. */
export function addHistory(routes: ApiRoutes, service: Pick<RoomService, "history">): void {
  addOperation(routes, operations.history, async ({ params: { room = "" }, query }) => {
    const part = await service.history(room, query);
    if (part === undefined) throw new ProblemError("unknown-position", unknown(room, query.before ?? query.after ?? ""));
    return { status: 200, body: { room, messages: part.messages, complete: part.complete } };
  });
}

const unknown = (room: string, position: string): string =>
  `the history of ${JSON.stringify(room)} does not know ${JSON.stringify(position)}, or no longer has what follows it`;
