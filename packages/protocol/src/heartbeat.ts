import type { Platform } from "./platform.ts";

/** 4 random bytes that mark the connection's heartbeat, 4 that count. */
const PAYLOAD_BYTES = 8;
const MARK_BYTES = 4;

/** The payloads of our own heartbeat pings, by which their pongs are told from all others (RFC 6455 §5.5.3). */
export class Heartbeat {
  readonly #platform: Platform;
  #payload: Uint8Array | undefined;
  #sentAt = 0;
  #roundTripMs: number | undefined;
  #awaitsPong = false;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Time between the last ping that was answered and its pong; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** Whether the last ping has not been answered yet. */
  get awaitsPong(): boolean {
    return this.#awaitsPong;
  }

  /** The payload of the next ping. Copy it: the next call changes it. */
  next(now: number): Uint8Array {
    const payload = (this.#payload ??= this.#marked());
    for (let at = PAYLOAD_BYTES - 1; at >= MARK_BYTES; at--) {
      payload[at] = payload[at]! + 1;
      if (payload[at] !== 0) break;
    }
    this.#sentAt = now;
    this.#awaitsPong = true;
    return payload;
  }

  /** Whether a pong answers one of our heartbeats, also an older one; the last one gives a round trip when the time is known. */
  isAnswer(pong: Uint8Array, now: number | undefined): boolean {
    const payload = this.#payload;
    if (payload === undefined || pong.length !== PAYLOAD_BYTES) return false;
    for (let at = 0; at < MARK_BYTES; at++) if (pong[at] !== payload[at]) return false;
    if (!pong.every((byte, at) => byte === payload[at])) return true;
    this.#awaitsPong = false;
    if (now !== undefined) this.#roundTripMs = now - this.#sentAt;
    return true;
  }

  #marked(): Uint8Array {
    const payload = this.#platform.alloc(PAYLOAD_BYTES).fill(0);
    const mark = this.#platform.randomMask();
    for (let at = 0; at < MARK_BYTES; at++) payload[at] = mark >>> (8 * at);
    return payload;
  }
}
