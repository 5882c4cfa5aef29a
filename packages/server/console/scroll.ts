import { byId, show } from "./elements.ts";

const nearEndPx = 60;

/** A replay is on the screen after this time. */
const settleMs = 300;

/** Keeps the newest message in sight while the reader is at the end; elsewhere a button counts what came in below. */
export class Scroll {
  readonly #scroller = byId("scroller", HTMLElement);
  readonly #pill = byId("new-messages", HTMLButtonElement);
  #atEnd = true;
  #top = 0;
  #unread = 0;

  constructor() {
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#pill.addEventListener("click", () => this.toEnd());
    // One observer sees it all: new messages, a growing text field, a phone's keyboard, fonts that arrive late.
    const observer = new ResizeObserver(() => this.#stick());
    observer.observe(this.#scroller);
    observer.observe(byId("transcript", HTMLElement));
  }

  /** A live message came in. */
  arrived(): void {
    if (this.#atEnd) return;
    this.#unread++;
    this.#showPill();
  }

  toEnd(): void {
    this.#atEnd = true;
    this.#unread = 0;
    this.#stick();
    this.#showPill();
  }

  /** Calls back when `element`, just added, was pushed above what can be seen by what came after it. */
  whenPassed(element: HTMLElement, passed: () => void): void {
    setTimeout(() => {
      const top = this.#scroller.getBoundingClientRect().top;
      if (element.isConnected && element.getBoundingClientRect().top < top) passed();
    }, settleMs);
  }

  #stick(): void {
    if (this.#atEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const nearEnd = scrollHeight - scrollTop - clientHeight < nearEndPx;
    // A burst may grow the list between our own scrolling and its event: only a move upwards is the reader's wish to leave the end.
    const wentUp = scrollTop < this.#top;
    this.#top = scrollTop;
    if (nearEnd) this.#atEnd = true;
    else if (wentUp) this.#atEnd = false;
    if (!this.#atEnd) return;
    this.#unread = 0;
    this.#showPill();
  }

  #showPill(): void {
    show(this.#pill, this.#unread > 0);
    if (this.#unread > 0) this.#pill.textContent = this.#unread === 1 ? "1 new message" : `${this.#unread} new messages`;
  }
}
