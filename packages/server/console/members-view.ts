import { avatar } from "./avatar.ts";
import { byId, make } from "./elements.ts";

/** Somebody who is in the room now. */
export interface Present {
  readonly session: string;
  readonly user?: string;
  /** The line to it is lost, since then. */
  readonly away?: number;
  readonly mine: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** The list of those in the room, oneself first, then by name, and their number. */
export class MembersView {
  readonly #list = byId("members", HTMLElement);
  readonly #count = byId("member-count", HTMLElement);
  readonly #shortCount = byId("member-count-short", HTMLElement);

  /** `count` are there; of a crowd only some are listed. */
  show(members: readonly Present[], count: number): void {
    const sorted = members.toSorted((a, b) => Number(b.mine) - Number(a.mine) || collator.compare(nameOf(a), nameOf(b)));
    this.#list.replaceChildren(...sorted.map(line));
    if (count > members.length) this.#list.append(make("li", "member-rest", `and ${count - members.length} more`));
    this.#count.textContent = String(count);
    this.#shortCount.textContent = String(count);
  }

  /** While the line is down nobody knows who is there: the last list stays, dimmed. */
  set stale(stale: boolean) {
    this.#list.classList.toggle("stale", stale);
  }
}

function line(member: Present): HTMLElement {
  const element = make("li", member.away === undefined ? "member" : "member absent");
  Object.assign(element.dataset, { testid: "member", session: member.session });
  element.append(avatar(nameOf(member)), make("bdi", "member-name", nameOf(member)));
  if (member.mine) element.append(make("span", "member-you", "you"));
  if (member.away !== undefined) element.append(awaySince(member.away));
  return element;
}

function awaySince(time: number): HTMLElement {
  const since = make("time", "member-since", `away since ${clock.format(time)}`);
  since.dateTime = new Date(time).toISOString();
  since.title = `last seen ${new Date(time).toLocaleString()}`;
  return since;
}

function nameOf(member: Present): string {
  return member.user ?? "Guest";
}
