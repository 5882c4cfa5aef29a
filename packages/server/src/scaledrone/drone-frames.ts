import type { Member, ServerMessage } from "@openline/wire";
import type { ScaledroneChannel } from "./channel.ts";
import { clientIdOf, droneMember } from "./drone-member.ts";

type Message = Extract<ServerMessage, { type: "message" | "ephemeral" }>;
type Joined = Extract<ServerMessage, { type: "joined" }>;
type Presence = Extract<ServerMessage, { type: "presence" }>;

/** What every client in a room is told of a message; `undefined` for a room of another channel. */
export function publishFrame(message: Message, channel: Pick<ScaledroneChannel, "roomOf">): string | undefined {
  const room = channel.roomOf(message.room);
  return room === undefined ? undefined : JSON.stringify({ type: "publish", room, ...fieldsOf(message) });
}

/** A message from before; index 0 is the oldest of those that come. */
export function historyFrame(message: Message, room: string, index: number): string {
  return JSON.stringify({ type: "history_message", room, ...fieldsOf(message), index });
}

/** Who is in an observable room, the receiver included. */
export function membersFrame(room: string, { members = [] }: Pick<Joined, "members">): string {
  return JSON.stringify({ type: "observable_members", room, data: members.map(droneMember) });
}

/** Comings and goings of an observable room, those of `self` left out. `known` has its members by session, and is brought up to date. */
export function presenceFrames(
  room: string,
  { joined = [], left = [], changed = [] }: Presence,
  self: string,
  known: Map<string, Member>,
): string[] {
  const frames: string[] = [];
  const tell = (event: "join" | "leave", member: Member): void => {
    if (member.session !== self) frames.push(JSON.stringify({ type: `observable_member_${event}`, room, data: droneMember(member) }));
  };
  for (const { session } of left) {
    const member = known.get(session);
    if (member !== undefined) tell("leave", member);
    known.delete(session);
  }
  for (const member of joined) {
    if (!known.has(member.session)) tell("join", member);
    known.set(member.session, member);
  }
  for (const member of changed) known.set(member.session, member);
  return frames;
}

let ephemerals = 0;

function fieldsOf(message: Message): object {
  const { data, session, time } = message;
  return {
    message: data,
    ...(session !== undefined && { client_id: clientIdOf(session) }),
    id: message.type === "message" ? message.position : `e${++ephemerals}`,
    timestamp: Math.floor(time / 1000),
  };
}
