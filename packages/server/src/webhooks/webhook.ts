import { join } from "node:path";
import type { HubActivity } from "@openline/hub";
import type { Logger } from "../log.ts";
import { randomIds } from "../random-ids.ts";
import type { Settings } from "../settings.ts";
import { laneOf, Outbox, type OutboxChange, type OutboxLimits } from "./outbox.ts";
import { OutboxJournal } from "./outbox-journal.ts";
import { type WebhookEventType, webhookEvent } from "./webhook-event.ts";
import { gatherMs, WebhookLane, type WebhookLaneLink, type WebhookLaneOptions } from "./webhook-lane.ts";
import type { DeadLetter, WebhookService, WebhookState } from "./webhook-service.ts";

/** How a webhook is delivered to. */
export interface WebhookOptions extends WebhookLaneOptions {
  readonly events: readonly WebhookEventType[];
  /** How many batches may be under way at a time: the events of one session keep their order in any case. Default 1: all events do. */
  readonly parallel?: number;
  /** The data directory, where the outbox survives the process; without it the outbox lives in memory. */
  readonly folder?: string | undefined;
  readonly limits?: Partial<OutboxLimits>;
}

/** The file of the outbox in the data directory. */
const outboxFile = "webhooks.jsonl";

/**
 * Tells the application's backend what sessions did: signed batches, in order, tried again with growing waits. Each event arrives at
 * least once, or ends as a dead letter that can be looked at and tried again.
 */
export class Webhook implements WebhookService {
  readonly #options: WebhookOptions;
  readonly #types: ReadonlySet<string>;
  readonly #outbox: Outbox;
  readonly #stop = new AbortController();
  readonly #early: HubActivity[] = [];
  readonly #lanes: readonly WebhookLane[];
  #journal: OutboxJournal | undefined;
  #closed = false;
  #delivered = 0;
  #lastFailure: string | undefined;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#types = new Set(options.events);
    this.#outbox = new Outbox({ events: 10_000, bytes: 16_777_216, deadLetters: 1000, ...options.limits });
    const { parallel = 1 } = options;
    this.#lanes = Array.from({ length: parallel }, (_, at) => new WebhookLane(options, { at, of: parallel }, this.#link()));
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
    const event = webhookEvent(`e${randomIds.epoch()}`, activity);
    const change = this.#outbox.taking(event, Date.now());
    if (change.do === "refused") this.#tellLoss(1, change.reason);
    this.#change(change);
    this.#lanes[laneOf(event, this.#lanes.length)]?.schedule(gatherMs);
  }

  state(): WebhookState {
    const { pending, deadCount, dropped } = this.#outbox;
    const lastFailure = this.#lastFailure;
    const failures = Math.max(...this.#lanes.map((lane) => lane.failures));
    const counts = { pending, delivered: this.#delivered, deadLetters: deadCount, dropped, failures };
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
    await Promise.all(this.#lanes.map(async (lane) => await lane.close()));
    this.#closed = true;
    clearTimeout(deadline);
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

  #schedule(delayMs: number): void {
    for (const lane of this.#lanes) lane.schedule(delayMs);
  }

  #link(): WebhookLaneLink {
    return {
      outbox: this.#outbox,
      signal: this.#stop.signal,
      change: (change) => this.#change(change),
      delivered: (events) => {
        this.#delivered += events;
      },
      failed: (reason) => {
        this.#lastFailure = reason;
      },
      lost: (events, reason) => this.#tellLoss(events, reason),
    };
  }

  #tellLoss(events: number, reason: string): void {
    this.#options.log.error({ events, reason }, "events for the webhook became dead letters");
  }
}

/** The webhook that the settings name, not yet open. */
export function createWebhook({ webhook: { url, ...rules }, data }: Settings, log: Logger): Webhook | undefined {
  return url === undefined ? undefined : new Webhook({ ...rules, url, folder: data, log });
}
