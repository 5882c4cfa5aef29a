import type { HistoryRequest, Join, Leave, MembersRequest, Publish, Update } from "@openline/wire";
import { actionsOf, forbiddenText, missingRight } from "./access/room-rights.ts";
import { RoomLimitError } from "./broker.ts";
import type { Connection } from "./connection.ts";
import { type Asker, type HubGuard, type Refusal, verdictOf } from "./guard.ts";
import { historyPage } from "./history-page.ts";
import type { Hub } from "./hub.ts";
import { historyText } from "./message-text.ts";
import { encodePosition } from "./position.ts";
import { publicationOf, type RuleRefusal, sizeRefusal } from "./publication.ts";
import { Replay } from "./replay.ts";
import type { Admission, Room } from "./room.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import { outgoing } from "./transport.ts";

/** What a session asks of one room. */
export type RoomRequest = Join | Leave | Publish | Update | MembersRequest | HistoryRequest;

/** Who asks, and of whom. */
export interface RequestContext {
  readonly hub: Hub;
  readonly settings: Settings;
  readonly connection: Connection;
  readonly session: Session;
}

/** The session as a guard sees it. */
export function askerOf({ id, user, subject }: Session): Asker {
  return { session: id, user, subject };
}

/** Does one request and answers it. Called in the order of the session's requests to the room; rejects on a fault of the server. */
export async function answerRoomRequest(context: RequestContext, request: RoomRequest): Promise<void> {
  if (request.room.startsWith("$")) {
    const message = `room ${JSON.stringify(request.room)} begins with $ and belongs to the system`;
    return context.connection.refuse(request.ref, "forbidden", message);
  }
  const missing = await missingRight(context, actionsOf(request), request.room);
  if (missing !== undefined) {
    // Who may not come back is in no longer.
    if (request.type === "join" && context.connection.session === context.session) context.session.leave(request.room);
    return context.connection.refuse(request.ref, "forbidden", forbiddenText(missing, request.room));
  }
  switch (request.type) {
    case "join":
      return await join(context, request);
    case "leave":
      return await leave(context, request);
    case "publish":
      return await publish(context, request);
    case "update":
      return update(context, request);
    case "members":
      return listMembers(context, request);
    case "history":
      return await readHistory(context, request);
  }
}

async function join(context: RequestContext, asked: Join): Promise<void> {
  const { hub, settings, connection, session } = context;
  await connection.noReplay();
  if (connection.session !== session || refusedForRooms(context, asked)) return;
  const { ref, room: name, data } = asked;
  const removal = session.removals.get(name);
  session.removals.delete(name);
  // Who comes back has not heard of it; who comes anew may try.
  if (removal !== undefined && asked.position !== undefined) return connection.refuse(ref, "removed", removal);
  const { guard } = settings;
  const verdict = guard.join && (await verdictOf(settings, guard.join, () => ({ ...askerOf(session), room: name, data })));
  if (connection.session !== session) return;
  if (verdict !== undefined && "refuse" in verdict) {
    // Who may not come back is in no longer.
    session.leave(name);
    return connection.refuse(ref, verdict.refuse.code, verdict.refuse.message, verdict.refuse.retryAfterMs);
  }
  const request = verdict === undefined ? asked : { ...asked, ...verdict.change };
  // Live messages wait until the past is read, so that none comes before it.
  session.memberships.get(request.room)?.pause();
  const room = hub.openRooms.hold(request.room);
  try {
    await room.opened;
    const isDone = await room.room.join(request, (admission) => admit(context, request, room.room, admission));
    if (!isDone) throw new Error(`the history of ${JSON.stringify(request.room)} does not hold still`);
  } catch (error) {
    // A join that failed leaves no half membership behind.
    if (connection.session === session) session.leave(request.room);
    throw error;
  } finally {
    hub.openRooms.release(room);
  }
}

function admit(context: RequestContext, request: Join, room: Room, admission: Admission): void {
  const { settings, connection, session } = context;
  const { past, messages, position } = admission;
  // Meanwhile the connection may have closed, or joins of other rooms may have come first.
  if (connection.session !== session || refusedForRooms(context, request)) return;
  if (past.why !== undefined) settings.log({ type: "recovery-refused", room: request.room, session: session.id, why: past.why });
  if (past.recovered !== undefined) settings.counters[past.recovered ? "recovered" : "notRecovered"]++;
  const membership = room.enter(session, request, { receiver: connection, replayedTo: position });
  membership.assignment = undefined;
  session.memberships.set(request.room, membership);
  connection.send({
    type: "joined",
    ref: request.ref,
    room: request.room,
    position: encodePosition(position),
    replay: messages.length,
    ...(past.recovered !== undefined && { recovered: past.recovered }),
    ...room.presenceFor(membership),
  });
  if (messages.length > 0) connection.replay(new Replay(messages, room.compose));
}

function refusedForRooms(context: RequestContext, request: Join): boolean {
  const { settings, connection, session } = context;
  const limit = settings.limits.roomsPerConnection;
  if (session.memberships.has(request.room) || session.memberships.size < limit) return false;
  connection.refuse(request.ref, "too-many-rooms", `the session is in ${session.memberships.size} rooms, the limit is ${limit}`);
  return true;
}

async function leave(context: RequestContext, request: Leave): Promise<void> {
  const { settings, connection, session } = context;
  if (connection.session !== session) return;
  const { guard } = settings;
  const verdict = guard.leave && (await verdictOf(settings, guard.leave, () => ({ ...askerOf(session), room: request.room })));
  if (verdict !== undefined && "refuse" in verdict)
    return connection.refuse(request.ref, verdict.refuse.code, verdict.refuse.message, verdict.refuse.retryAfterMs);
  if (connection.session !== session) return;
  if (!session.leave(request.room)) return refuseNotJoined(context, request);
  connection.send({ type: "left", ref: request.ref, room: request.room });
}

function listMembers(context: RequestContext, request: MembersRequest): void {
  const { hub, connection, session } = context;
  const room = hub.openRooms.get(request.room);
  if (room === undefined || session.memberships.get(request.room)?.isLive !== true) return refuseNotJoined(context, request);
  if (!room.rules.presence) {
    return connection.refuse(request.ref, "forbidden", `room ${JSON.stringify(request.room)} does not tell who is there`);
  }
  const { after } = request;
  if (after !== undefined && !/^\d{1,15}$/.test(after)) {
    return connection.refuse(request.ref, "bad-message", `after must be the next of an earlier page, got ${JSON.stringify(after)}`);
  }
  const page = room.membersPage(request, session.id);
  connection.send({ type: "members", ref: request.ref, room: request.room, ...page });
}

async function readHistory(context: RequestContext, request: HistoryRequest): Promise<void> {
  const { hub, connection, session } = context;
  const room = hub.openRooms.get(request.room);
  if (room === undefined || session.memberships.get(request.room)?.isLive !== true) return refuseNotJoined(context, request);
  const page = await historyPage(room.history, request);
  if (page !== undefined) return connection.deliver(outgoing(historyText(request, page.messages, page.complete)));
  const position = request.before ?? request.after;
  const message = `the history of ${JSON.stringify(request.room)} does not know ${JSON.stringify(position)}, or no longer has what follows it`;
  connection.refuse(request.ref, "unknown-position", message);
}

function refuseNotJoined(context: RequestContext, request: RoomRequest): void {
  context.connection.refuse(request.ref, "not-joined", `the session is not in room ${JSON.stringify(request.room)}`);
}

function update(context: RequestContext, request: Update): void {
  const { hub, settings, connection, session } = context;
  const room = hub.openRooms.get(request.room);
  const membership = session.memberships.get(request.room);
  if (room === undefined || membership?.isLive !== true) return refuseNotJoined(context, request);
  const tooFast = rateRefusal(settings, session, request.room);
  if (tooFast !== undefined) return connection.refuse(request.ref, tooFast.code, tooFast.message, tooFast.retryAfterMs);
  room.update(membership, request.data);
  connection.send({ type: "updated", ref: request.ref, room: request.room });
}

/** What the room's rules say against a publish: too large, or too soon. */
function refusalOf(settings: Settings, session: Session, { room, data }: Publish): RuleRefusal | undefined {
  return sizeRefusal(room, data, settings.rules.of(room).messageBytes) ?? rateRefusal(settings, session, room);
}

function rateRefusal(settings: Settings, session: Session, room: string): RuleRefusal | undefined {
  const { rate } = settings.rules.of(room);
  if (rate === undefined) return undefined;
  const retryAfterMs = session.rates.take(room, rate, settings.clock.now());
  if (retryAfterMs === 0) return undefined;
  const message = `room ${JSON.stringify(room)} takes ${rate.messages} messages of a session in ${rate.perMs} ms`;
  return { code: "rate-limited", message, retryAfterMs };
}

/** What a guard makes of the data of a publish, or why it refuses them. */
async function guarded(
  guard: NonNullable<HubGuard["publish"]>,
  context: RequestContext,
  request: Publish,
): Promise<{ readonly data: unknown } | { readonly refuse: Refusal }> {
  const { settings, session } = context;
  const { room, data, id, ephemeral = false } = request;
  const verdict = await verdictOf(settings, guard, () => ({ ...askerOf(session), room, data, id, ephemeral }));
  if (verdict === undefined) return { data };
  if ("refuse" in verdict) return verdict;
  const tooLarge = sizeRefusal(room, verdict.change.data, settings.rules.of(room).messageBytes);
  return tooLarge === undefined ? verdict.change : { refuse: tooLarge };
}

async function publish(context: RequestContext, request: Publish): Promise<void> {
  const { settings, connection, session } = context;
  const { ref, room, id } = request;
  const refused = refusalOf(settings, session, request);
  if (refused !== undefined) return connection.refuse(ref, refused.code, refused.message, refused.retryAfterMs);
  const { guard } = settings;
  const passed = guard.publish === undefined ? request : await guarded(guard.publish, context, request);
  if ("refuse" in passed) return connection.refuse(ref, passed.refuse.code, passed.refuse.message, passed.refuse.retryAfterMs);
  const { data } = passed;
  const deed = { type: "publish", ...session.actor, room, data, ...(id !== undefined && { id }) } as const;
  if (request.ephemeral === true) {
    const { content, time } = publicationOf(settings, { room, data, author: session.author, scope: "" });
    settings.broker.signal(room, { content, time, session: session.id });
    settings.counters.published++;
    settings.observe(deed);
    return connection.send({ type: "published", ref, room });
  }
  const before = session.unsettledBefore(room, id);
  if (before !== undefined) {
    const message = `the outcome of id ${JSON.stringify(before)} is unknown: publish it again before anything else to this room`;
    return connection.refuse(ref, "unknown-outcome", message);
  }
  const scope = session.subject === undefined ? `session:${session.id}` : `subject:${session.subject}`;
  const publication = publicationOf(settings, { room, data, id, author: session.author, scope });
  const outcome = await settings.broker.publish(room, publication).catch((error: unknown) => {
    if (error instanceof RoomLimitError) throw error;
    settings.log({ type: "fault", error });
    return { outcome: "unknown" } as const;
  });
  session.settle(room, id, outcome.outcome !== "unknown");
  switch (outcome.outcome) {
    case "stored":
      settings.counters.published++;
      settings.observe({ ...deed, position: encodePosition(outcome.position) });
      return connection.send({ type: "published", ref, room, position: encodePosition(outcome.position) });
    case "duplicate":
      return connection.send({ type: "published", ref, room, position: encodePosition(outcome.position), duplicate: true });
    case "conflict":
      return connection.refuse(ref, "id-conflict", `id ${JSON.stringify(id)} was used with other data in this room`);
    case "unknown":
      return connection.refuse(ref, "unknown-outcome", "the store did not answer; publish again with the same id");
  }
}
