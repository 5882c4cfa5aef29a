import { type Choice, checkChoice, hashOfRoom, recall, remember, roomOfHash } from "./choice.ts";
import { copyText } from "./clipboard.ts";
import { Composer } from "./composer.ts";
import { ConnectionView, type Line } from "./connection-view.ts";
import { Conversation, type Person, type Screen } from "./conversation.ts";
import { DeveloperPanel } from "./developer-panel.ts";
import { startDrawer } from "./drawer.ts";
import { byId, show } from "./elements.ts";
import { EntryForm } from "./entry-form.ts";
import { MembersView } from "./members-view.ts";
import { RememberedSessions } from "./own-sessions.ts";
import { Scroll } from "./scroll.ts";
import { missedText, type Outgoing, type Return, returnText, type Settled } from "./timeline.ts";
import { Toast } from "./toast.ts";
import { Transcript } from "./transcript.ts";
import { type Clock, OthersTyping, OwnTyping } from "./typing.ts";
import { WireLog } from "./wire-log.ts";

const browserClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => {
    if (typeof timer === "number") clearTimeout(timer);
  },
};

/** What helps where messages may be missing on the screen. */
const reloadPage = { label: "Reload the page", run: () => location.reload() };

/** The page: brings the person to the room, and puts what the conversation tells on the screen. */
export class ChatPage {
  readonly #own = new RememberedSessions(sessionStorage);
  readonly #toast = new Toast();
  readonly #log = new WireLog(() => performance.now());
  readonly #scroll = new Scroll();
  readonly #members = new MembersView();
  readonly #typing = byId("typing", HTMLElement);
  readonly #othersTyping = new OthersTyping(browserClock, (sentence) => {
    this.#typing.textContent = sentence;
  });
  readonly #ownTyping = new OwnTyping(browserClock, (typing) => this.#conversation?.announceTyping(typing));
  readonly #transcript = new Transcript({
    retry: (id) => this.#conversation?.retry(id),
    discard: (id) => this.#conversation?.discard(id),
  });
  readonly #connection = new ConnectionView({
    connectNow: () => this.#conversation?.connectNow(),
    cut: () => this.#conversation?.cut(),
  });
  readonly #composer = new Composer({
    send: (text) => this.#say(text),
    edited: (text) => this.#ownTyping.edited(text),
  });
  readonly #developers = new DeveloperPanel(
    this.#log,
    () => ({ session: this.#conversation?.session, position: this.#conversation?.position, connection: this.#lineText }),
    (text) => this.#toast.show(text),
  );
  readonly #entry = new EntryForm({ enter: (choice) => this.#enter(choice), back: () => this.#showChat() });
  #conversation: Conversation | undefined;
  #choice: Choice | undefined;
  #present: readonly Person[] = [];
  #lineText = "none";
  #unseen = 0;

  /** Shows the door, or the room at once after a reload. */
  start(): void {
    startDrawer();
    byId("change-room", HTMLElement).addEventListener("click", () => this.#openDoor());
    byId("share", HTMLElement).addEventListener("click", () => this.#share());
    addEventListener("hashchange", () => this.#followHash());
    document.addEventListener("visibilitychange", () => this.#title());
    const { name, room, enter } = recall(location.hash, sessionStorage, localStorage);
    if (enter) this.#enter({ name, room });
    else this.#openDoor(name, room);
  }

  #openDoor(name = this.#choice?.name ?? "", room = this.#choice?.room ?? ""): void {
    show(byId("chat", HTMLElement), false);
    show(byId("entry", HTMLElement), true);
    this.#entry.open(name, room, this.#choice?.room);
  }

  #showChat(): void {
    show(byId("entry", HTMLElement), false);
    show(byId("chat", HTMLElement), true);
    this.#scroll.toEnd();
    this.#composer.focus();
  }

  #enter(choice: Choice): void {
    const before = this.#choice;
    this.#choice = choice;
    remember(choice, sessionStorage, localStorage);
    if (roomOfHash(location.hash) !== choice.room) location.hash = hashOfRoom(choice.room);
    if (before?.room !== choice.room || before.name !== choice.name) this.#talk(choice, before);
    this.#showChat();
  }

  #talk(choice: Choice, before: Choice | undefined): void {
    this.#transcript.clear();
    this.#othersTyping.clear();
    this.#showMembers([], 0);
    byId("room-name", HTMLElement).textContent = choice.room;
    byId("change-room", HTMLElement).title = `${choice.room}: change the room or the name`;
    byId("own-name", HTMLElement).textContent = choice.name;
    this.#composer.room = choice.room;
    this.#developers.room = choice.room;
    this.#title();
    if (before?.name === choice.name) return this.#conversation?.moveTo(choice.room);
    this.#conversation?.end();
    this.#conversation = new Conversation(choice, this.#screen(), this.#own, this.#log.tap(WebSocket));
  }

  #screen(): Screen {
    return {
      line: (line) => this.#showLine(line),
      message: (message, replayed) => this.#showMessage(message, replayed),
      outgoing: (list) => this.#showOutgoing(list),
      entered: () => this.#transcript.clear(),
      returned: (back, position) => this.#showReturn(back, position),
      left: (reason) => this.#transcript.addNotice(`You are no longer in this room (${reason}).`, "warn"),
      members: (members, count) => this.#showMembers(members, count),
      missed: (count, position) => this.#showMissed(count, position),
      typing: ({ session, user }, typing) => {
        if (typing) this.#othersTyping.typing(session, user ?? "Guest");
        else this.#othersTyping.stopped(session);
      },
      fault: (text) => this.#toast.show(text),
    };
  }

  #say(text: string): string | undefined {
    const fault = this.#conversation?.say(text);
    if (fault !== undefined) return fault;
    this.#ownTyping.sent();
    this.#scroll.toEnd();
    return undefined;
  }

  #showLine(line: Line): void {
    this.#lineText = line.state;
    this.#connection.line = line;
    this.#members.stale = line.state !== "connected";
    if (line.state !== "connected") this.#othersTyping.clear();
    this.#developers.changed();
  }

  #showMessage(message: Settled, replayed: boolean): void {
    this.#transcript.busy = replayed;
    this.#transcript.add(message);
    if (message.session !== undefined) this.#othersTyping.stopped(message.session);
    if (!message.mine && !replayed) this.#scroll.arrived();
    if (document.hidden && !message.mine) this.#unseen++;
    this.#title();
    this.#developers.changed();
  }

  #showOutgoing(list: readonly Outgoing[]): void {
    this.#transcript.setOutgoing(list);
  }

  #showReturn(back: Return, position: string): void {
    if (!back.recovered) this.#transcript.clear();
    const facts = { recovered: String(back.recovered), position, ...(back.recovered ? { replay: String(back.replay) } : {}) };
    const text = returnText(back);
    const notice = this.#transcript.addNotice(text, back.recovered ? "good" : "warn", facts, back.recovered ? undefined : reloadPage);
    this.#scroll.whenPassed(notice, () => this.#toast.show(text));
    this.#developers.changed();
  }

  #showMissed(count: number, position: string): void {
    const text = missedText(count);
    const notice = this.#transcript.addNotice(text, "warn", { missed: String(count), position }, reloadPage);
    this.#scroll.whenPassed(notice, () => this.#toast.show(text));
    this.#developers.changed();
  }

  #showMembers(members: readonly Person[], count: number): void {
    const here = new Set(members.map((member) => member.session));
    for (const { session } of this.#present) if (!here.has(session)) this.#othersTyping.stopped(session);
    this.#present = members;
    const present = members.map((member) => ({ ...member, mine: member.session === this.#conversation?.session }));
    this.#members.show(present, count);
  }

  #share(): void {
    void copyText(location.href).then((done) =>
      this.#toast.show(done ? "The link of this room is copied." : "The browser did not allow copying: the link is in its address bar."),
    );
  }

  /** Somebody edited the address, or went back in the history: follow, if it names a room. */
  #followHash(): void {
    const room = roomOfHash(location.hash);
    const choice = this.#choice;
    if (choice === undefined || room === undefined || room === choice.room) return;
    const next = { ...choice, room };
    if (checkChoice(next).room === undefined) this.#enter(next);
    else this.#openDoor(choice.name, room);
  }

  #title(): void {
    if (!document.hidden) this.#unseen = 0;
    const count = this.#unseen > 0 ? `(${this.#unseen}) ` : "";
    document.title = this.#choice === undefined ? "Openline" : `${count}${this.#choice.room} · Openline`;
  }
}
