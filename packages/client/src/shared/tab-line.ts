import type { Connect } from "@openline/wire";
import type { LeaderMessage, TabMessage } from "./tab-messages.ts";
import type { TabChannel } from "./tab-world.ts";

/** What a line tells the leader. */
export interface TabLineEvents {
  text(line: TabLine, text: string): void;
  /** The tab has ended it, with this close code. */
  closed(line: TabLine, code: number): void;
  /** The tab is seen, or not any more. */
  visibility(line: TabLine): void;
}

/** The leader's end of its line to one tab, to the leading tab's own client too. */
export class TabLine {
  /** The lock that its tab holds while it lives. */
  readonly tab: string;
  readonly #channel: TabChannel;
  #hidden: boolean;
  #ended = false;
  /** What the tab's client said first, `undefined` until then. */
  connect: Connect | undefined;

  constructor(tab: string, hidden: boolean, channel: TabChannel, events: TabLineEvents) {
    this.tab = tab;
    this.#hidden = hidden;
    this.#channel = channel;
    channel.listen((message) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this origin's own tabs post here, and the channel's name has the format's version
      this.#receive(message as TabMessage, events);
    });
    this.#post({ kind: "open" });
  }

  /** Whether nobody sees the tab. */
  get hidden(): boolean {
    return this.#hidden;
  }

  send(text: string): void {
    this.#post({ kind: "text", text });
  }

  /** Ends the line and tells the tab; without a word the tab is gone already. */
  end(word?: { readonly code: number; readonly reason: string }): void {
    if (this.#ended) return;
    if (word !== undefined) this.#post({ kind: "close", ...word });
    this.#ended = true;
    this.#channel.close();
  }

  #receive(message: TabMessage, events: TabLineEvents): void {
    if (this.#ended) return;
    if (message.kind === "text") events.text(this, message.text);
    else if (message.kind === "close") {
      this.end();
      events.closed(this, message.code);
    } else {
      this.#hidden = message.hidden;
      events.visibility(this);
    }
  }

  #post(message: LeaderMessage): void {
    if (!this.#ended) this.#channel.post(message);
  }
}
