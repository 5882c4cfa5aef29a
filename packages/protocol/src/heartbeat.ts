import { type Beat, beatAt } from "./beat.ts";
import type { Platform } from "./platform.ts";

/** Our own heartbeat pings, whose pongs are told from all others (RFC 6455 §5.5.3). */
export class Heartbeat {
  readonly #platform: Platform;
  #last: Beat | undefined;
  #awaitsPong: boolean;
  #roundTripMs: number | undefined;

  /** `awaited`: a ping that was sent before, and is not answered yet. */
  constructor(platform: Platform, awaited: Beat | undefined) {
    this.#platform = platform;
    this.#last = awaited;
    this.#awaitsPong = awaited !== undefined;
  }

  /** Time between the last ping that was answered and its pong; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** The last ping, as long as it has not been answered. */
  get awaited(): Beat | undefined {
    return this.#awaitsPong ? this.#last : undefined;
  }

  /** The payload of the next ping. Others send it, too. */
  next(now: number): Uint8Array {
    this.#last = beatAt(now, this.#platform);
    this.#awaitsPong = true;
    return this.#last.payload;
  }

  /** Whether a pong answers one of our heartbeats, also an older one; the last one gives a round trip when the time is known. */
  isAnswer(pong: Uint8Array, now: number | undefined): boolean {
    const answered = this.#last?.compare(pong);
    if (this.#last === undefined || answered !== "same") return answered === "other";
    this.#awaitsPong = false;
    if (now !== undefined) this.#roundTripMs = now - this.#last.sentAt;
    return true;
  }
}
