import type { Heartbeat as Announced } from "@openline/wire";
import type { Clock } from "./platform.ts";

/** When to ask and when to give up. Units: milliseconds. */
export interface HeartbeatTimes {
  /** Silence after which a ping is sent. */
  readonly intervalMs: number;
  /** Further silence after which a ping counts as missed. */
  readonly timeoutMs: number;
  /** In place of `intervalMs` while nobody sees the page. */
  readonly hiddenIntervalMs: number;
}

/** The times that hold: the server's, who knew the application's wishes; how long to wait for an answer is the client's own affair. */
export function heartbeatTimes(announced: Announced, { timeoutMs = announced.timeoutMs }: Partial<HeartbeatTimes> = {}): HeartbeatTimes {
  return { hiddenIntervalMs: 3 * announced.intervalMs, ...announced, timeoutMs };
}

/** What a heartbeat needs of its connection. */
export interface HeartbeatActions {
  ping(): void;
  /** As many pings in a row as are allowed were missed. */
  dead(): void;
  /** Whether nobody sees the page. */
  hidden(): boolean;
}

/**
 * Watches one connection for life: any inbound message counts. While data flows nothing is sent and no timer is touched:
 * one timer looks back at the time of the last message.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #times: HeartbeatTimes;
  readonly #maxMissed: number;
  readonly #actions: HeartbeatActions;
  #heardAt: number;
  /** Pings since the last message. */
  #asked = 0;
  #timer: unknown;

  constructor(clock: Clock, times: HeartbeatTimes, maxMissed: number, actions: HeartbeatActions) {
    this.#clock = clock;
    this.#times = times;
    this.#maxMissed = maxMissed;
    this.#actions = actions;
    this.#heardAt = clock.now();
    this.#look();
  }

  /** Something came from the peer. */
  heard(): void {
    this.#heardAt = this.#clock.now();
    if (this.#asked === 0) return;
    this.#asked = 0;
    this.look();
  }

  /** The page was hidden or shown: another interval counts from now on. A ping that is under way keeps its time. */
  look(): void {
    if (this.#asked > 0) return;
    this.stop();
    this.#look();
  }

  /** Ends the watch; nothing is called afterwards. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.#timer = this.#clock.setTimeout(this.#look, ms);
  }

  readonly #look = (): void => {
    const { intervalMs, timeoutMs, hiddenIntervalMs } = this.#times;
    // A wall clock may be set back: silence is never negative.
    const silentMs = Math.max(0, this.#clock.now() - this.#heardAt);
    const leftMs = (this.#actions.hidden() ? hiddenIntervalMs : intervalMs) - silentMs;
    if (this.#asked >= this.#maxMissed) this.#actions.dead();
    else if (this.#asked === 0 && leftMs > 0) this.#wait(leftMs);
    else {
      this.#asked++;
      this.#wait(timeoutMs);
      this.#actions.ping();
    }
  };
}
