import type { Member, ServerMessage } from "@openline/wire";
import { clientIdOf, droneMember } from "./drone-member.ts";

/** A message of the hub, as it says it. */
export type RoomMessage = Extract<ServerMessage, { type: "message" | "ephemeral" }>;
type Joined = Extract<ServerMessage, { type: "joined" }>;
type Presence = Extract<ServerMessage, { type: "presence" }>;

/** What every client in a room is told of a message. */
export function publishFrame(message: RoomMessage, room: string): string {
  return JSON.stringify({ type: "publish", room, ...fieldsOf(message) });
}

/** A message from before; index 0 is the oldest of those that come. */
export function historyFrame(message: RoomMessage, room: string, index: number): string {
  return JSON.stringify({ type: "history_message", room, ...fieldsOf(message), index });
}

/** Who is in an observable room, the receiver included. */
export function membersFrame(room: string, { members = [] }: Pick<Joined, "members">): string {
  return JSON.stringify({ type: "observable_members", room, data: members.map(droneMember) });
}

/** What is told of one member, in a frame. */
export interface MemberEvent {
  readonly session: string;
  readonly text: string;
}

/** Comings and goings of an observable room, in their order. `known` has who was there, by session: of others no leave is told, for nobody was told of them. */
export function memberEvents(room: string, { joined = [], left = [] }: Presence, known: ReadonlyMap<string, Member>): MemberEvent[] {
  const eventOf = (event: "join" | "leave", member: Member): MemberEvent => ({
    session: member.session,
    text: JSON.stringify({ type: `observable_member_${event}`, room, data: droneMember(member) }),
  });
  const gone = left.flatMap(({ session }) => known.get(session) ?? []);
  return [...gone.map((member) => eventOf("leave", member)), ...joined.map((member) => eventOf("join", member))];
}

let ephemerals = 0;

function fieldsOf(message: RoomMessage): object {
  const { data, session, time } = message;
  return {
    message: data,
    ...(session !== undefined && { client_id: clientIdOf(session) }),
    id: message.type === "message" ? message.position : `e${++ephemerals}`,
    timestamp: Math.floor(time / 1000),
  };
}
