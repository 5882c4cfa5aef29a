import { avatar } from "./avatar.ts";
import { byId, make } from "./elements.ts";

/** Somebody who is in the room now. */
export interface Present {
  readonly session: string;
  readonly user?: string;
  readonly mine: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true });

/** The list of those in the room, oneself first, then by name, and their number. */
export class MembersView {
  readonly #list = byId("members", HTMLElement);
  readonly #count = byId("member-count", HTMLElement);
  readonly #shortCount = byId("member-count-short", HTMLElement);

  show(members: readonly Present[]): void {
    const sorted = members.toSorted((a, b) => Number(b.mine) - Number(a.mine) || collator.compare(nameOf(a), nameOf(b)));
    this.#list.replaceChildren(...sorted.map(line));
    this.#count.textContent = String(members.length);
    this.#shortCount.textContent = String(members.length);
  }

  /** While the line is down nobody knows who is there: the last list stays, dimmed. */
  set stale(stale: boolean) {
    this.#list.classList.toggle("stale", stale);
  }
}

function line(member: Present): HTMLElement {
  const element = make("li", "member");
  Object.assign(element.dataset, { testid: "member", session: member.session });
  element.append(avatar(nameOf(member)), make("bdi", "member-name", nameOf(member)));
  if (member.mine) element.append(make("span", "member-you", "you"));
  return element;
}

function nameOf(member: Present): string {
  return member.user ?? "Guest";
}
