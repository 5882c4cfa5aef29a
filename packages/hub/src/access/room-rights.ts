import type { RequestContext, RoomRequest } from "../room-requests.ts";
import type { RoomAction } from "./identity.ts";

const single = { publish: ["publish"], update: [], members: ["presence"], history: ["history"], leave: [] } as const;

/** What a request needs the right to. */
export function actionsOf(request: RoomRequest): readonly RoomAction[] {
  if (request.type !== "join") return single[request.type];
  const actions: RoomAction[] = ["join"];
  if (request.presence === true) actions.push("presence");
  if ((request.rewind ?? 0) > 0) actions.push("history");
  return actions;
}

/** The first of these actions that the session may not do in the room. @throws what an `authorize` function threw */
export async function missingRight(
  { hub, connection, session }: RequestContext,
  actions: readonly RoomAction[],
  room: string,
): Promise<RoomAction | undefined> {
  const asker = { identity: connection.identity, session: session.id };
  for (const action of actions) {
    const answer = hub.access.permissions.allows(asker, action, room);
    if (answer === false || (answer !== true && !(await answer))) return action;
  }
  return undefined;
}

const words: Readonly<Record<RoomAction, string>> = {
  join: "join",
  publish: "publish to",
  presence: "see who is in",
  history: "read the history of",
};

/** For the client. */
export function forbiddenText(action: RoomAction, room: string): string {
  return `the session may not ${words[action]} room ${JSON.stringify(room)}`;
}

/** After a login with other rights: the session leaves the rooms that it may not be in any more, and is told so. */
export async function leaveForbiddenRooms(context: RequestContext): Promise<void> {
  const { connection, session, settings } = context;
  for (const room of session.memberships.keys()) {
    const missing = await missingRight(context, ["join"], room).catch((error: unknown) => {
      settings.log({ type: "fault", error });
      return "join" as const;
    });
    if (missing === undefined || connection.session !== session || !session.leave(room)) continue;
    connection.send({ type: "left", room, code: "forbidden", message: forbiddenText(missing, room) });
  }
}
