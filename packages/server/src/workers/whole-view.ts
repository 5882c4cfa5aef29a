import type { RoomSummary, UserSummary } from "@openline/hub";

/** The users of several workers as one list, by name. */
export function mergeUsers(lists: readonly (readonly UserSummary[])[]): UserSummary[] {
  const sessions = new Map<string, number>();
  for (const { user, sessions: count } of lists.flat()) sessions.set(user, (sessions.get(user) ?? 0) + count);
  return Array.from(sessions, ([user, count]) => ({ user, sessions: count })).toSorted((one, other) => compare(one.user, other.user));
}

/** The rooms of several workers as one list, by name. A worker that follows a room knows its members of all workers; the others see none. */
export function mergeRooms(lists: readonly (readonly RoomSummary[])[]): RoomSummary[] {
  const rooms = new Map<string, RoomSummary>();
  for (const summary of lists.flat()) {
    const known = rooms.get(summary.room);
    if (known === undefined || known.members < summary.members) rooms.set(summary.room, summary);
  }
  return [...rooms.values()].toSorted((one, other) => compare(one.room, other.room));
}

const compare = (one: string, other: string): number => (one < other ? -1 : 1);
