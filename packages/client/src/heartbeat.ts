import type { Clock } from "./platform.ts";

/** When to ask and when to give up. Units: milliseconds. */
export interface HeartbeatTimes {
  /** Silence after which a ping is sent. */
  readonly intervalMs: number;
  /** Further silence after which the connection counts as dead. */
  readonly timeoutMs: number;
}

/**
 * Watches one connection for life: any inbound message counts. While data flows nothing is sent and no timer is touched:
 * one timer looks back at the time of the last message.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #times: HeartbeatTimes;
  readonly #ping: () => void;
  readonly #dead: () => void;
  #heardAt: number;
  #asked = false;
  #timer: unknown;

  constructor(clock: Clock, times: HeartbeatTimes, actions: { readonly ping: () => void; readonly dead: () => void }) {
    this.#clock = clock;
    this.#times = times;
    this.#ping = actions.ping;
    this.#dead = actions.dead;
    this.#heardAt = clock.now();
    this.#wait(times.intervalMs);
  }

  /** Something came from the peer. */
  heard(): void {
    this.#heardAt = this.#clock.now();
    if (!this.#asked) return;
    this.#asked = false;
    this.#clock.clearTimeout(this.#timer);
    this.#wait(this.#times.intervalMs);
  }

  /** Ends the watch; nothing is called afterwards. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.#timer = this.#clock.setTimeout(this.#look, ms);
  }

  readonly #look = (): void => {
    if (this.#asked) {
      this.#dead();
      return;
    }
    // A wall clock may be set back: silence is never negative.
    const silentMs = Math.max(0, this.#clock.now() - this.#heardAt);
    if (silentMs < this.#times.intervalMs) {
      this.#wait(this.#times.intervalMs - silentMs);
      return;
    }
    this.#asked = true;
    this.#wait(this.#times.timeoutMs);
    this.#ping();
  };
}
