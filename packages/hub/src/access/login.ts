import { type Clock, Timer } from "../clock.ts";
import type { Identity } from "./identity.ts";

/** The longest time that a timer takes: 2³¹ - 1 ms. */
const mostTimerMs = 2_147_483_647;

/** Who a connection's client is, and for how long. */
export class Login {
  readonly #clock: Clock;
  readonly #expiry: Timer;
  #identity: Identity | undefined;
  #token: string | undefined;

  /** `onExpired` is called once its time is over. */
  constructor(clock: Clock, onExpired: () => void) {
    this.#clock = clock;
    this.#expiry = new Timer(clock, () => {
      if (this.isExpired) onExpired();
      else this.#watch();
    });
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  get isExpired(): boolean {
    return this.expiresInMs !== undefined && this.expiresInMs <= 0;
  }

  /** How long it still lasts; `undefined`: without an end. */
  get expiresInMs(): number | undefined {
    const expiresAt = this.#identity?.expiresAt;
    return expiresAt === undefined ? undefined : expiresAt - this.#clock.now();
  }

  /** Whether this very token proved who it is: then it need not be read again. */
  isProvedBy(token: string): boolean {
    return this.#token === token;
  }

  set(identity: Identity | undefined, token: string | undefined): void {
    this.#identity = identity;
    this.#token = token;
    this.#watch();
  }

  close(): void {
    this.#expiry.clear();
  }

  #watch(): void {
    const leftMs = this.expiresInMs;
    if (leftMs === undefined) this.#expiry.clear();
    else this.#expiry.set(Math.min(Math.max(0, leftMs), mostTimerMs));
  }
}
