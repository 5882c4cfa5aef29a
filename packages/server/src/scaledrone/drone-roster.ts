import type { OutgoingMessage } from "@openline/hub";
import type { Member, ServerMessage } from "@openline/wire";
import { type PreparedFrame, prepare } from "@openline/ws";
import { type MemberEvent, memberEvents } from "./drone-frames.ts";

type Presence = Extract<ServerMessage, { type: "presence" }>;

/** What the clients in an observable room are told, but for the one that it is about. */
interface Told {
  readonly session: string;
  readonly frame: PreparedFrame;
}

interface RosterRoom {
  readers: number;
  readonly members: Map<string, Member>;
}

/**
 * Who is in the observable rooms of a channel, kept once for all of its clients on this node: whoever leaves is told with its data, which the hub no longer says. A list for each client would cost
 * the square of the members. Comings and goings are framed once, too.
 */
export class DroneRoster {
  readonly #rooms = new Map<string, RosterRoom>();
  readonly #told = new WeakMap<OutgoingMessage, readonly Told[]>();

  /** Rooms with a client in them. */
  get size(): number {
    return this.#rooms.size;
  }

  /** One more client is told of the room, whose members these are. Call `leave` once for it. */
  enter(name: string, members: readonly Member[]): void {
    let room = this.#rooms.get(name);
    if (room === undefined) this.#rooms.set(name, (room = { readers: 0, members: new Map() }));
    room.readers++;
    for (const member of members) if (!room.members.has(member.session)) room.members.set(member.session, member);
  }

  leave(name: string): void {
    const room = this.#rooms.get(name);
    if (room !== undefined && --room.readers === 0) this.#rooms.delete(name);
  }

  /** What to tell of a message of the hub; the same for all who hear it. */
  told(name: string, presence: Presence, outgoing: OutgoingMessage): readonly Told[] {
    const members = this.#rooms.get(name)?.members ?? new Map<string, Member>();
    let told = this.#told.get(outgoing);
    if (told === undefined) {
      told = memberEvents(name, presence, members).map(({ session, text }: MemberEvent) => ({ session, frame: prepare(text) }));
      for (const member of [...(presence.joined ?? []), ...(presence.changed ?? [])]) members.set(member.session, member);
      this.#told.set(outgoing, told);
    }
    // A client that is behind may have brought them back with the list that it got.
    for (const { session } of presence.left ?? []) members.delete(session);
    return told;
  }
}
