import { avatar, programAvatar } from "./avatar.ts";
import { byId, make, show } from "./elements.ts";
import { authorOf, bodyOf, continues, dayLabel, type Outgoing, type OutgoingState, type Settled, sameDay } from "./timeline.ts";

const shownMessages = 1_500;
const outgoingWords: Record<OutgoingState, string> = {
  waiting: "Waiting for the line",
  sending: "Sending",
  stored: "Sent",
  failed: "Not sent",
};

/** What a person can do about a notice. */
export interface Remedy {
  readonly label: string;
  readonly run: () => void;
}

/** What the buttons of a message that failed do. */
export interface OutgoingActions {
  retry(id: string): void;
  discard(id: string): void;
}

/** The list of messages: settled ones in the room's order, one's own unsettled ones after them. */
export class Transcript {
  readonly #messages = byId("messages", HTMLElement);
  readonly #outgoing = byId("outgoing", HTMLElement);
  readonly #empty = byId("transcript-empty", HTMLElement);
  readonly #clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  readonly #actions: OutgoingActions;
  readonly #onTheWay = new Map<string, HTMLElement>();
  #last: Settled | undefined;
  #group: HTMLElement | undefined;
  #count = 0;

  constructor(actions: OutgoingActions) {
    this.#actions = actions;
  }

  /** While a replay comes in, screen readers wait with reading it out. */
  set busy(busy: boolean) {
    this.#messages.ariaBusy = String(busy);
  }

  add(message: Settled): void {
    if (this.#last === undefined ? !sameDay(message.time, Date.now()) : !sameDay(this.#last.time, message.time)) this.#addDay(message.time);
    const group = this.#group !== undefined && continues(this.#last, message) ? this.#group : this.#openGroup(message);
    group.append(this.#line(message));
    this.#last = message;
    this.#count++;
    this.#trim();
    this.#showEmpty();
  }

  /** A line across the list. `facts` stand under it in small type, as the wire said them, then a button for what helps. */
  addNotice(text: string, tone: "good" | "warn", facts: Readonly<Record<string, string>> = {}, remedy?: Remedy): HTMLElement {
    const notice = make("div", `notice ${tone}`);
    const words = make("p", "", text);
    const said = Object.entries(facts).map(([name, value]) => `${name}: ${value}`);
    if (said.length > 0) words.append(make("small", "", said.join(", ")));
    if (remedy !== undefined) words.append(remedyButton(remedy));
    notice.append(words);
    Object.assign(notice.dataset, { testid: "notice", ...facts });
    this.#messages.append(notice);
    this.#group = undefined;
    this.#showEmpty();
    return notice;
  }

  clear(): void {
    this.#messages.replaceChildren();
    this.#last = undefined;
    this.#group = undefined;
    this.#count = 0;
    this.#showEmpty();
  }

  /** Shows one's own messages that the room has not yet repeated; those not in the list any more vanish. */
  setOutgoing(list: readonly Outgoing[]): void {
    const wanted = new Set(list.map((entry) => entry.id));
    for (const [id, element] of this.#onTheWay) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#onTheWay.delete(id);
    }
    for (const entry of list) this.#setOne(entry);
    this.#showEmpty();
  }

  #setOne(entry: Outgoing): void {
    let element = this.#onTheWay.get(entry.id);
    if (element === undefined) {
      element = make("div", "message mine outgoing");
      Object.assign(element.dataset, { testid: "outgoing-message", id: entry.id });
      element.append(bubble(entry.data), make("div", "outgoing-foot"));
      this.#onTheWay.set(entry.id, element);
      this.#outgoing.append(element);
    }
    if (element.dataset["state"] === entry.state) return;
    element.dataset["state"] = entry.state;
    element.querySelector(".outgoing-foot")?.replaceChildren(...this.#outgoingFoot(entry));
  }

  #outgoingFoot(entry: Outgoing): HTMLElement[] {
    if (entry.state !== "failed") return [make("span", "outgoing-state", outgoingWords[entry.state])];
    const reason = make("span", "outgoing-state", `${outgoingWords.failed}: ${entry.reason ?? "no reason was given"}`);
    const retry = make("button", "link", "Try again");
    retry.addEventListener("click", () => this.#actions.retry(entry.id));
    const discard = make("button", "link", "Discard");
    discard.addEventListener("click", () => this.#actions.discard(entry.id));
    for (const button of [retry, discard]) button.type = "button";
    return [reason, retry, discard];
  }

  #openGroup(message: Settled): HTMLElement {
    const author = authorOf(message);
    const group = make("div", message.mine ? "group mine" : "group");
    const head = make("div", "group-head");
    const name = make("bdi", "author", message.mine ? "You" : author);
    const time = make("time", "time", this.#clock.format(message.time));
    time.dateTime = new Date(message.time).toISOString();
    head.append(name);
    if (message.session === undefined && message.user !== undefined) head.append(make("span", "tag", "over HTTP"));
    head.append(time);
    const body = make("div", "group-body");
    body.append(head);
    if (!message.mine) group.append(message.session === undefined && message.user === undefined ? programAvatar() : avatar(author));
    group.append(body);
    this.#messages.append(group);
    this.#group = body;
    return body;
  }

  #line(message: Settled): HTMLElement {
    const line = make("div", message.mine ? "message mine" : "message");
    Object.assign(line.dataset, { testid: "message", position: message.position });
    line.title = new Date(message.time).toLocaleString();
    line.append(bubble(message.data));
    if (message.mine) {
      const receipt = make("span", "receipt", "✓");
      receipt.role = "img";
      receipt.ariaLabel = "sent";
      line.append(receipt);
    }
    return line;
  }

  #addDay(time: number): void {
    const day = make("p", "day");
    day.append(make("span", "", dayLabel(time, Date.now())));
    this.#messages.append(day);
    this.#group = undefined;
  }

  // A page left open for days must not grow for ever; a group goes as a whole.
  #trim(): void {
    while (this.#count > shownMessages && this.#messages.firstElementChild !== this.#group?.parentElement) {
      const first = this.#messages.firstElementChild;
      if (first === null) return;
      this.#count -= first.querySelectorAll(".message").length;
      first.remove();
    }
  }

  #showEmpty(): void {
    show(this.#empty, this.#messages.childElementCount === 0 && this.#onTheWay.size === 0);
  }
}

function remedyButton({ label, run }: Remedy): HTMLButtonElement {
  const button = make("button", "link", label);
  button.type = "button";
  button.dataset["testid"] = "remedy";
  button.addEventListener("click", () => run());
  return button;
}

function bubble(data: unknown): HTMLElement {
  const { kind, text } = bodyOf(data);
  const element = make(kind === "json" ? "pre" : "p", kind === "json" ? "bubble json" : "bubble", text);
  element.dir = "auto";
  element.dataset["testid"] = "message-text";
  return element;
}
