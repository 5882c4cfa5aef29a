import type { Connection } from "./connection.ts";
import type { Membership } from "./membership.ts";
import type { OpenRooms } from "./open-rooms.ts";
import { encodePosition, epochStart, type Position } from "./position.ts";
import { Replay } from "./replay.ts";
import type { Admission, Room } from "./room.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";

/** How the application puts a session into a room. */
export interface Wishes {
  readonly room: string;
  /** How many of the newest messages are shown first. */
  readonly rewind: number;
  readonly presence: boolean;
  /** What the other members see. */
  readonly data?: unknown;
}

/** Whom it is about. */
export interface AssignmentContext {
  readonly rooms: OpenRooms;
  readonly settings: Settings;
  readonly session: Session;
}

/**
 * Puts a session into a room, on the application's behalf. Returns whether it is in: a session that is over is not. Its client is told by `joined` without a
 * `ref`, one that is away when it comes back. Called in the order of the session's requests to the room.
 * @throws RangeError when it is in as many rooms as it may be; what the broker threw.
 */
export async function assign(context: AssignmentContext, wishes: Wishes): Promise<boolean> {
  const { session } = context;
  if (session.isEnded || session.memberships.has(wishes.room)) return !session.isEnded;
  session.removals.delete(wishes.room);
  checkRooms(context);
  await enter(context, wishes, undefined);
  return session.memberships.has(wishes.room);
}

/** Tells the client of a room that it was put into and has not joined by itself: what was published since then follows. */
export async function remind(context: AssignmentContext, room: string): Promise<void> {
  const { session } = context;
  const membership = session.memberships.get(room);
  if (session.connection === undefined || membership === undefined || membership.isLive || membership.isReturning) return;
  const { assignment } = membership;
  if (assignment === undefined) return;
  try {
    await enter(context, { room, ...assignment.terms }, encodePosition(assignment.from));
  } catch (error) {
    session.leave(room);
    throw error;
  }
}

function checkRooms({ session, settings }: AssignmentContext): void {
  const { size } = session.memberships;
  const limit = settings.limits.roomsPerConnection;
  if (size >= limit) throw new RangeError(`session ${session.id} is in ${size} rooms, the limit is ${limit}`);
}

async function enter(context: AssignmentContext, wishes: Wishes, position: string | undefined): Promise<void> {
  const { rooms, session } = context;
  const open = rooms.hold(wishes.room);
  try {
    await open.opened;
    await session.connection?.noReplay();
    const from = { rewind: wishes.rewind, ...(position !== undefined && { position }) };
    const isDone = await open.room.join(from, (admission) => admit(context, wishes, open.room, admission));
    if (!isDone) throw new Error(`the history of ${JSON.stringify(wishes.room)} does not hold still`);
  } finally {
    rooms.release(open);
  }
}

function admit(context: AssignmentContext, wishes: Wishes, room: Room, admission: Admission): void {
  const { session } = context;
  // Meanwhile the session may have ended, or joins of other rooms may have come first.
  if (session.isEnded) return;
  if (!session.memberships.has(room.name)) checkRooms(context);
  const { connection } = session;
  const membership = room.enter(session, wishes, connection && { receiver: connection, replayedTo: admission.position });
  session.memberships.set(room.name, membership);
  const { rewind, presence } = wishes;
  membership.assignment ??= { terms: { rewind, presence }, from: startOf(admission), isTold: false };
  if (connection === undefined) return;
  membership.assignment.isTold = true;
  tell(connection, room, membership, admission);
}

function tell(connection: Connection, room: Room, membership: Membership, { messages, position }: Admission): void {
  const stand = { position: encodePosition(position), replay: messages.length };
  connection.send({ type: "joined", room: room.name, ...stand, ...room.presenceFor(membership) });
  if (messages.length > 0) connection.replay(new Replay(messages, room.compose));
}

/** Where a client stands that has not been shown any of it. */
function startOf({ messages, position }: Admission): Position {
  const first = messages[0];
  if (first === undefined) return position;
  return first.previous === null ? epochStart(first.position.epoch) : (first.previous ?? position);
}
