import type { Member } from "@openline/wire";

/** What differs between two lists of members. */
export interface MemberChanges {
  readonly joined: readonly Member[];
  readonly left: readonly Member[];
}

/** The members of one room by session, kept current from what the server says. */
export class MemberList {
  readonly #bySession = new Map<string, Member>();
  #all: readonly Member[] = [];

  /** In the order in which they joined, as far as the client saw it. A new array after each change, so that it can be compared by identity. */
  get all(): readonly Member[] {
    return this.#all;
  }

  get(session: string): Member | undefined {
    return this.#bySession.get(session);
  }

  /** Takes a whole list and tells what it changed. */
  replace(members: readonly Member[]): MemberChanges {
    const before = new Map(this.#bySession);
    this.#bySession.clear();
    for (const member of members) this.#bySession.set(member.session, member);
    this.#all = [...this.#bySession.values()];
    return {
      joined: this.#all.filter(({ session }) => !before.has(session)),
      left: [...before.values()].filter(({ session }) => !this.#bySession.has(session)),
    };
  }

  /** Returns whether the session is new here; one that was known is brought up to date. */
  add(member: Member): boolean {
    const isNew = !this.#bySession.has(member.session);
    this.#bySession.set(member.session, member);
    this.#all = [...this.#bySession.values()];
    return isNew;
  }

  /** Returns the member that is gone, `undefined` when it was not known. */
  remove(session: string): Member | undefined {
    const member = this.#bySession.get(session);
    if (member === undefined) return undefined;
    this.#bySession.delete(session);
    this.#all = [...this.#bySession.values()];
    return member;
  }
}
