import type { Member } from "./gossip-text.ts";

/** The members of one node in all rooms, and a digest by which two copies are compared without sending either. */
export class MemberSet {
  readonly #rooms = new Map<string, Map<string, Member>>();
  #sum = 0;
  #mix = 0;

  /** Equal for equal sets; the order in which members came does not matter. */
  get digest(): string {
    return `${this.#sum.toString(36)}.${this.#mix.toString(36)}`;
  }

  get(room: string, session: string): Member | undefined {
    return this.#rooms.get(room)?.get(session);
  }

  put(room: string, member: Member): void {
    this.delete(room, member.session);
    let members = this.#rooms.get(room);
    if (members === undefined) this.#rooms.set(room, (members = new Map()));
    members.set(member.session, member);
    this.#count(room, member, 1);
  }

  /** Gives whether it was there. */
  delete(room: string, session: string): boolean {
    const members = this.#rooms.get(room);
    const member = members?.get(session);
    if (members === undefined || member === undefined) return false;
    members.delete(session);
    if (members.size === 0) this.#rooms.delete(room);
    this.#count(room, member, -1);
    return true;
  }

  /** All of them, for who changes the set meanwhile. */
  all(): readonly (readonly [room: string, member: Member])[] {
    return Array.from(this.entries());
  }

  *entries(): Iterable<readonly [room: string, member: Member]> {
    for (const [room, members] of this.#rooms) for (const member of members.values()) yield [room, member];
  }

  #count(room: string, member: Member, sign: 1 | -1): void {
    const hash = hashOf(`${room}\u0000${JSON.stringify(member)}`);
    this.#sum = (this.#sum + sign * hash) >>> 0;
    this.#mix = (this.#mix + sign * Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)) >>> 0;
  }
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
