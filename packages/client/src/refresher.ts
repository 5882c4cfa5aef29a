import { mostTimerMs, type TokenCallback } from "./options.ts";
import type { Clock } from "./platform.ts";

/** How long before its end a token is renewed at the latest. */
const mostLeadMs = 30_000;

/** What a refresher needs of its link. */
export interface RefresherLink {
  readonly clock: Clock;
  readonly token: TokenCallback;
  /** Sends `refresh` over the connection that is up. */
  send(token: string): void;
  /** Hears what the callback threw. */
  report(cause: unknown): void;
}

/** Renews a login in band ahead of its end: after four fifths of its time, or 30 s before the end when that is later. What fails is tried again in the time that is left. */
export class Refresher {
  readonly #link: RefresherLink;
  #timer: unknown;
  #expiresAt: number | undefined;
  /** Tells the answer of a callback that comes too late from that of this connection. */
  #turn = 0;

  constructor(link: RefresherLink) {
    this.#link = link;
  }

  /** The server took a token, with `connect` or with `refresh`. */
  accepted(expiresInMs: number | undefined): void {
    this.stop();
    if (expiresInMs === undefined) return;
    this.#expiresAt = this.#link.clock.now() + expiresInMs;
    this.#renewAfter(expiresInMs - Math.min(mostLeadMs, expiresInMs / 5));
  }

  /** The callback or the server failed: once more before the end. */
  retry(): void {
    const leftMs = (this.#expiresAt ?? 0) - this.#link.clock.now();
    if (leftMs > 0) this.#renewAfter(Math.min(leftMs, Math.max(1_000, leftMs / 4)));
  }

  /** The connection is gone. */
  stop(): void {
    this.#turn++;
    this.#expiresAt = undefined;
    this.#link.clock.clearTimeout(this.#timer);
  }

  #renewAfter(delayMs: number): void {
    this.#link.clock.clearTimeout(this.#timer);
    this.#timer = this.#link.clock.setTimeout(
      () => {
        void this.#renew(++this.#turn);
      },
      Math.min(delayMs, mostTimerMs),
    );
  }

  async #renew(turn: number): Promise<void> {
    try {
      const token = await this.#link.token();
      if (turn === this.#turn) this.#link.send(token);
    } catch (cause) {
      if (turn !== this.#turn) return;
      this.#link.report(cause);
      this.retry();
    }
  }
}
