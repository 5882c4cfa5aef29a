import type { Member } from "@openline/wire";

/** A member as Scaledrone's clients know it. What is absent is left out, never null. */
export interface DroneMember {
  readonly id: string;
  readonly clientData?: unknown;
  readonly authData?: unknown;
}

/** What a Scaledrone client shows of itself, in the hub's data of a member. */
export interface DroneData {
  readonly clientData?: unknown;
  readonly authData?: unknown;
}

/** The client id that belongs to a session: two alphanumeric parts joined by a colon, the same on every node. */
export function clientIdOf(session: string): string {
  const plain = session.replaceAll(/[^A-Za-z0-9]/g, "0");
  return `${plain.slice(0, 3)}:${plain.slice(3)}`;
}

/** Whoever came through another door is a member too: the data shown there are its `clientData`, its name is its `authData`. */
export function droneMember({ session, user, data }: Pick<Member, "session" | "user" | "data">): DroneMember {
  const id = clientIdOf(session);
  if (isDroneData(data)) return { id, ...data };
  return { id, ...(data !== undefined && { clientData: data }), ...(user !== undefined && { authData: { user } }) };
}

function isDroneData(data: unknown): data is DroneData {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return false;
  const names = Object.keys(data);
  return names.length > 0 && names.every((name) => name === "clientData" || name === "authData");
}
