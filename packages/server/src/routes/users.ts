import { operations } from "../api/operations.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";
import { pageOf } from "./page-of.ts";
import type { RoomService } from "./room-service.ts";

/** `GET …/api/users` and `…/users/{user}`: who is connected; `POST …/users/{user}/messages`: to all connections of a user. */
export function addUsers(routes: ApiRoutes, service: Pick<RoomService, "usersHere" | "sessionsOf" | "send">): void {
  addOperation(routes, operations.users, async ({ query: { after, limit } }) => {
    const { page, next } = pageOf(await service.usersHere(), ({ user }) => user, after, limit);
    return { status: 200, body: { users: page, ...(next !== undefined && { next }) } };
  });
  addOperation(routes, operations.user, async ({ params: { user = "" } }) => ({
    status: 200,
    body: { user, sessions: await service.sessionsOf(user) },
  }));
  addOperation(routes, operations.sendToUser, async ({ params: { user = "" }, body }) => ({
    status: 200,
    body: { user, delivered: await service.send(user, body) },
  }));
}
