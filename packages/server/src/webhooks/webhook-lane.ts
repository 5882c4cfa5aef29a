import { faultText } from "../fault.ts";
import type { Logger } from "../log.ts";
import { hostOf, type PostAnswer, postSigned } from "./http-post.ts";
import type { Lane, Outbox, OutboxChange } from "./outbox.ts";
import type { WebhookEvent } from "./webhook-event.ts";

/** How a lane delivers. */
export interface WebhookLaneOptions {
  readonly url: string;
  readonly secret: string | undefined;
  /** How often a batch is tried before its events are given up. */
  readonly attempts: number;
  /** For one attempt. */
  readonly timeoutMs: number;
  /** The wait before the first retry; each one doubles it, up to five minutes, with jitter. Default 1,000. */
  readonly firstRetryMs?: number;
  readonly log: Logger;
}

/** What a lane has to do with the others. */
export interface WebhookLaneLink {
  readonly outbox: Outbox;
  readonly signal: AbortSignal;
  readonly change: (change: OutboxChange) => void;
  readonly delivered: (events: number) => void;
  readonly failed: (reason: string) => void;
  readonly lost: (events: number, reason: string) => void;
}

const batchEvents = 100;
const batchBytes = 262_144;
/** So long events are gathered before a batch goes out. */
export const gatherMs = 50;
const mostRetryMs = 300_000;

/** Delivers the events of one lane: signed batches, one at a time and in order, tried again with growing waits. */
export class WebhookLane {
  readonly #options: WebhookLaneOptions;
  readonly #lane: Lane;
  readonly #link: WebhookLaneLink;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #closed = false;
  #failures = 0;
  #retryAfterMs = 0;

  constructor(options: WebhookLaneOptions, lane: Lane, link: WebhookLaneLink) {
    this.#options = options;
    this.#lane = lane;
    this.#link = link;
  }

  /** Attempts in a row that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** One timer, one batch under way. */
  schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#closed || !this.#waits()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#send().finally(() => {
        this.#sending = undefined;
        this.schedule(this.#waitMs());
      });
    }, delayMs).unref();
  }

  /** Delivers what waits, as far as that goes at the first attempt before the signal. */
  async close(): Promise<void> {
    // From here on only this sends: a timer beside it would send the same batch, and count it as done, twice.
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sending;
    while (this.#waits() && this.#failures === 0 && !this.#link.signal.aborted) await this.#send();
  }

  #waits(): boolean {
    return this.#link.outbox.batch(1, batchBytes, this.#lane).length > 0;
  }

  #waitMs(): number {
    if (this.#failures === 0) return gatherMs;
    const { firstRetryMs = 1000 } = this.#options;
    const growing = Math.min(firstRetryMs * 2 ** (this.#failures - 1), mostRetryMs);
    return Math.max(growing * (0.5 + Math.random() / 2), Math.min(this.#retryAfterMs, mostRetryMs));
  }

  async #send(): Promise<void> {
    const events = this.#link.outbox.batch(batchEvents, batchBytes, this.#lane);
    if (events.length === 0) return;
    const failure = await this.#attempt(events);
    const part = { count: events.length, lane: this.#lane };
    if (failure === undefined) {
      this.#failures = 0;
      this.#link.delivered(events.length);
      return this.#link.change({ do: "done", ...part });
    }
    if (this.#link.signal.aborted) return;
    this.#failures++;
    this.#link.failed(failure);
    const { attempts, log } = this.#options;
    log.warn({ events: events.length, attempt: this.#failures, reason: failure }, "the webhook was not delivered");
    if (this.#failures < attempts) return;
    const reason = `${failure} (attempt ${this.#failures} of ${attempts})`;
    this.#failures = 0;
    this.#link.lost(events.length, reason);
    this.#link.change({ do: "dead", ...part, reason, time: Date.now() });
  }

  /** @returns why it failed */
  async #attempt(events: readonly WebhookEvent[]): Promise<string | undefined> {
    const { url, secret, timeoutMs } = this.#options;
    const body = `{"events":[${events.map(({ text }) => text).join(",")}]}`;
    this.#retryAfterMs = 0;
    let answer: PostAnswer;
    try {
      const id = `${events[0]?.id}.${events.length}`;
      answer = await postSigned({ url, secret, id, body, timeoutMs, answerBytes: 1024, signal: this.#link.signal });
    } catch (error) {
      return faultText(error);
    }
    const { status, retryAfterMs = 0 } = answer;
    if (status >= 200 && status < 300) return undefined;
    this.#retryAfterMs = retryAfterMs;
    const hint = status >= 300 && status < 400 ? ": redirects are not followed" : "";
    return `${hostOf(url)} answered ${status}${hint}`;
  }
}
