/** How plain pages, whose scripts see no pings, are answered. Used by the option `heartbeat`. */
export interface TextProbes {
  /**
   * Which text messages of the peer are heartbeats: one text, several, or a function that is asked for each text of up to 125 bytes. They are answered
   * with `reply` and never reach the application; they do not count against `idleTimeoutMs`. Default: none.
   */
  readonly probes?: string | readonly string[] | ((text: string) => boolean) | undefined;
  /** What a heartbeat is answered with; a function is given the text that came. Default `text`. */
  readonly reply?: string | ((probe: string) => string) | undefined;
}

/** What the server sends to pages when nothing else is said. */
export const DEFAULT_HEARTBEAT_TEXT = "heartbeat";

// As much as a ping could carry (RFC 6455 §5.5): longer texts are no heartbeats, and are not decoded to find that out.
const MAX_PROBE_BYTES = 125;

/** Tells heartbeats in text messages from messages, and knows the answer. */
export class TextHeartbeat {
  readonly #isProbe: (text: string) => boolean;
  readonly #replyTo: (probe: string) => string;

  constructor({ probes = [], reply = DEFAULT_HEARTBEAT_TEXT }: TextProbes) {
    const known = new Set(typeof probes === "function" ? [] : typeof probes === "string" ? [probes] : probes);
    this.#isProbe = typeof probes === "function" ? probes : (text) => known.has(text);
    this.#replyTo = typeof reply === "function" ? reply : () => reply;
  }

  /** The answer to a text message when it is a heartbeat, otherwise undefined. */
  answerTo(data: Uint8Array): string | undefined {
    if (data.length > MAX_PROBE_BYTES) return undefined;
    const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString();
    return this.#isProbe(text) ? this.#replyTo(text) : undefined;
  }
}
