import { listNames } from "./person.ts";

/** Time as an argument: the browser's own in the page, a fake one in tests. */
export interface Clock {
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** A typist is forgotten after this many milliseconds without a word of it: two announcements may get lost. */
export const typingExpiresMs = 7_000;

/** While somebody types, that is announced at most once in this many milliseconds. */
export const typingEveryMs = 3_000;

/** Tells a room that its own user is typing: throttled, and taken back once when the text is gone. */
export class OwnTyping {
  readonly #clock: Clock;
  readonly #announce: (typing: boolean) => void;
  #announcedAt: number | undefined;

  constructor(clock: Clock, announce: (typing: boolean) => void) {
    this.#clock = clock;
    this.#announce = announce;
  }

  edited(text: string): void {
    if (text.trim() === "") return this.#takeBack();
    const now = this.#clock.now();
    if (this.#announcedAt !== undefined && now - this.#announcedAt < typingEveryMs) return;
    this.#announcedAt = now;
    this.#announce(true);
  }

  /** The text was sent: the message itself tells the others, so nothing more is announced. */
  sent(): void {
    this.#announcedAt = undefined;
  }

  #takeBack(): void {
    if (this.#announcedAt === undefined) return;
    this.#announcedAt = undefined;
    this.#announce(false);
  }
}

/** Who else is typing, by session; `onChange` gets the sentence to show, empty when nobody is. */
export class OthersTyping {
  readonly #clock: Clock;
  readonly #onChange: (sentence: string) => void;
  readonly #typists = new Map<string, { name: string; timer: unknown }>();

  constructor(clock: Clock, onChange: (sentence: string) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  typing(session: string, name: string): void {
    this.#clock.clearTimeout(this.#typists.get(session)?.timer);
    const timer = this.#clock.setTimeout(() => this.stopped(session), typingExpiresMs);
    this.#typists.set(session, { name, timer });
    this.#tell();
  }

  stopped(session: string): void {
    const typist = this.#typists.get(session);
    if (typist === undefined) return;
    this.#clock.clearTimeout(typist.timer);
    this.#typists.delete(session);
    this.#tell();
  }

  clear(): void {
    for (const { timer } of this.#typists.values()) this.#clock.clearTimeout(timer);
    this.#typists.clear();
    this.#tell();
  }

  #tell(): void {
    const names = [...this.#typists.values()].map((typist) => typist.name);
    this.#onChange(names.length === 0 ? "" : `${listNames(names)} ${names.length === 1 ? "is" : "are"} typing…`);
  }
}
