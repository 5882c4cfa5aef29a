import type { Member, Presence } from "@openline/wire";

/** What has become of one member. */
export interface MemberNews {
  readonly event: "member-joined" | "member-left" | "member-away" | "member-back" | "member-updated";
  readonly member: Member;
}

/** The members of one room by session, kept current from what the server says. */
export class MemberList {
  #bySession = new Map<string, Member>();
  #all: readonly Member[] | undefined;
  /** There are more members than those listed: the server lists the next ones after it. */
  next: string | undefined;

  /** In the order in which they joined, as far as the client saw it. A new array after each change, so that it can be compared by identity. */
  get all(): readonly Member[] {
    this.#all ??= [...this.#bySession.values()];
    return this.#all;
  }

  /** Takes a list in place of the old one, and tells what it changed; nothing where one of the two is not whole: who is missing there may be on another page. */
  replace(members: readonly Member[], next: string | undefined): MemberNews[] {
    const before = this.#bySession;
    const isWhole = this.next === undefined && next === undefined;
    this.#bySession = new Map();
    this.add(members, next);
    if (!isWhole) return [];
    const gone = [...before.values()].filter(({ session }) => !this.#bySession.has(session));
    const come = this.all.filter(({ session }) => !before.has(session));
    return [...newsOf("member-left", gone), ...newsOf("member-joined", come)];
  }

  /** Takes a further page of the list. */
  add(members: readonly Member[], next: string | undefined): void {
    for (const member of members) this.#bySession.set(member.session, member);
    this.next = next;
    this.#all = undefined;
  }

  /** Takes what has changed, and tells it. Of those on pages that were not asked for nothing is told but that they came. */
  apply({ joined = [], left = [], changed = [] }: Presence): MemberNews[] {
    const gone = left.flatMap(({ session }) => this.#bySession.get(session) ?? []);
    for (const { session } of gone) this.#bySession.delete(session);
    const come = joined.filter(({ session }) => !this.#bySession.has(session));
    this.add(joined, this.next);
    return [...newsOf("member-left", gone), ...newsOf("member-joined", come), ...changed.flatMap((member) => this.#change(member))];
  }

  #change(member: Member): MemberNews[] {
    const before = this.#bySession.get(member.session);
    if (before === undefined) return [];
    this.#bySession.set(member.session, member);
    const news: MemberNews[] = [];
    if ((before.away === undefined) !== (member.away === undefined))
      news.push({ event: member.away === undefined ? "member-back" : "member-away", member });
    if (JSON.stringify(before.data) !== JSON.stringify(member.data)) news.push({ event: "member-updated", member });
    return news;
  }
}

function newsOf(event: MemberNews["event"], members: readonly Member[]): MemberNews[] {
  return members.map((member) => ({ event, member }));
}
