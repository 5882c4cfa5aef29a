import { join } from "node:path";
import type { HubActivity } from "@openline/hub";
import { faultText } from "../fault.ts";
import type { Logger } from "../log.ts";
import { randomIds } from "../random-ids.ts";
import type { Settings } from "../settings.ts";
import { hostOf, type PostAnswer, postSigned } from "./http-post.ts";
import { Outbox, type OutboxChange, type OutboxLimits } from "./outbox.ts";
import { OutboxJournal } from "./outbox-journal.ts";
import { type WebhookEvent, type WebhookEventType, webhookEvent } from "./webhook-event.ts";
import type { DeadLetter, WebhookService, WebhookState } from "./webhook-service.ts";

/** How a webhook is delivered to. */
export interface WebhookOptions {
  readonly url: string;
  readonly secret: string | undefined;
  readonly events: readonly WebhookEventType[];
  /** How often a batch is tried before its events are given up. */
  readonly attempts: number;
  /** For one attempt. */
  readonly timeoutMs: number;
  /** The data directory, where the outbox survives the process; without it the outbox lives in memory. */
  readonly folder?: string | undefined;
  readonly limits?: Partial<OutboxLimits>;
  /** The wait before the first retry; each one doubles it, up to five minutes, with jitter. */
  readonly firstRetryMs?: number;
  readonly log: Logger;
}

const batchEvents = 100;
const batchBytes = 262_144;
/** So long events are gathered before a batch goes out. */
const gatherMs = 50;
const mostRetryMs = 300_000;

/** The file of the outbox in the data directory. */
const outboxFile = "webhooks.jsonl";

/**
 * Tells the application's backend what sessions did: signed batches, one at a time and in order, tried again with growing waits. Each event arrives at
 * least once, or ends as a dead letter that can be looked at and tried again.
 */
export class Webhook implements WebhookService {
  readonly #options: WebhookOptions;
  readonly #types: ReadonlySet<string>;
  readonly #outbox: Outbox;
  readonly #stop = new AbortController();
  readonly #early: HubActivity[] = [];
  #journal: OutboxJournal | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #closed = false;
  #delivered = 0;
  #failures = 0;
  #lastFailure: string | undefined;
  #retryAfterMs = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#types = new Set(options.events);
    this.#outbox = new Outbox({ events: 10_000, bytes: 16_777_216, deadLetters: 1000, ...options.limits });
  }

  /**
   * Reads what an earlier process left, and begins to deliver. Call it once the data directory is this process's own.
   * @throws Error when the outbox's file cannot be used
   */
  open(): void {
    const { folder, log } = this.#options;
    if (folder !== undefined && this.#journal === undefined) {
      const onFault = (error: unknown): void => log.error({ err: error }, "the outbox of the webhook cannot be written");
      this.#journal = new OutboxJournal(join(folder, outboxFile), this.#outbox, onFault);
    }
    // What was done before the directory was open follows what an earlier process left.
    for (const activity of this.#early.splice(0)) this.observe(activity);
    this.#schedule(0);
  }

  /** Takes note of what was done, if the webhook wants to hear of it. */
  observe(activity: HubActivity): void {
    if (!this.#types.has(activity.type)) return;
    if (this.#options.folder !== undefined && this.#journal === undefined) return void this.#early.push(activity);
    const change = this.#outbox.taking(webhookEvent(`e${randomIds.epoch()}`, activity), Date.now());
    if (change.do === "refused") this.#tellLoss(1, change.reason);
    this.#change(change);
    this.#schedule(gatherMs);
  }

  state(): WebhookState {
    const { pending, deadCount, dropped } = this.#outbox;
    const lastFailure = this.#lastFailure;
    const counts = { pending, delivered: this.#delivered, deadLetters: deadCount, dropped, failures: this.#failures };
    return lastFailure === undefined ? counts : { ...counts, lastFailure };
  }

  deadLetters(): readonly DeadLetter[] {
    return this.#outbox.deadLetters;
  }

  retryDeadLetters(): number {
    const { deadCount } = this.#outbox;
    this.#change({ do: "retry" });
    this.#schedule(0);
    return deadCount;
  }

  /** Delivers what waits, as far as that goes at the first attempt within `graceMs`. The rest stays in the file, or is lost, and told. */
  async close(graceMs: number): Promise<void> {
    if (this.#closed) return;
    const deadline = setTimeout(() => this.#stop.abort(), graceMs);
    await this.#sending;
    while (this.#outbox.pending > 0 && this.#failures === 0 && !this.#stop.signal.aborted) await this.#send();
    this.#closed = true;
    clearTimeout(deadline);
    clearTimeout(this.#timer);
    this.#journal?.close();
    const { pending } = this.#outbox;
    if (pending === 0) return;
    const fate = this.#journal === undefined ? "they are lost: there is no --data" : "the next start goes on with them";
    this.#options.log.warn({ pending }, `events for the webhook wait at the end; ${fate}`);
  }

  #change(change: OutboxChange): void {
    this.#outbox.apply(change);
    this.#journal?.write(change);
  }

  /** One timer, one batch under way. */
  #schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#closed || this.#outbox.pending === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#send().finally(() => {
        this.#sending = undefined;
        this.#schedule(this.#waitMs());
      });
    }, delayMs).unref();
  }

  #waitMs(): number {
    if (this.#failures === 0) return gatherMs;
    const { firstRetryMs = 1000 } = this.#options;
    const growing = Math.min(firstRetryMs * 2 ** (this.#failures - 1), mostRetryMs);
    return Math.max(growing * (0.5 + Math.random() / 2), Math.min(this.#retryAfterMs, mostRetryMs));
  }

  async #send(): Promise<void> {
    const events = this.#outbox.batch(batchEvents, batchBytes);
    if (events.length === 0) return;
    const failure = await this.#attempt(events);
    if (failure === undefined) {
      this.#failures = 0;
      this.#delivered += events.length;
      return this.#change({ do: "done", count: events.length });
    }
    if (this.#stop.signal.aborted) return;
    this.#failures++;
    this.#lastFailure = failure;
    this.#options.log.warn({ events: events.length, attempt: this.#failures, reason: failure }, "the webhook was not delivered");
    if (this.#failures < this.#options.attempts) return;
    const reason = `${failure} (attempt ${this.#failures} of ${this.#options.attempts})`;
    this.#failures = 0;
    this.#tellLoss(events.length, reason);
    this.#change({ do: "dead", count: events.length, reason, time: Date.now() });
  }

  /** @returns why it failed */
  async #attempt(events: readonly WebhookEvent[]): Promise<string | undefined> {
    const { url, secret, timeoutMs } = this.#options;
    const body = `{"events":[${events.map(({ text }) => text).join(",")}]}`;
    this.#retryAfterMs = 0;
    let answer: PostAnswer;
    try {
      const id = `${events[0]?.id}.${events.length}`;
      answer = await postSigned({ url, secret, id, body, timeoutMs, answerBytes: 1024, signal: this.#stop.signal });
    } catch (error) {
      return faultText(error);
    }
    const { status, retryAfterMs = 0 } = answer;
    if (status >= 200 && status < 300) return undefined;
    this.#retryAfterMs = retryAfterMs;
    const hint = status >= 300 && status < 400 ? ": redirects are not followed" : "";
    return `${hostOf(url)} answered ${status}${hint}`;
  }

  #tellLoss(events: number, reason: string): void {
    this.#options.log.error({ events, reason }, "events for the webhook became dead letters");
  }
}

/** The webhook that the settings name, not yet open. */
export function createWebhook({ webhook: { url, ...rules }, data }: Settings, log: Logger): Webhook | undefined {
  return url === undefined ? undefined : new Webhook({ ...rules, url, folder: data, log });
}
