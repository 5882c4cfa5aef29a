import * as v from "valibot";
import type { AskTopic } from "./hooks-ask.ts";
import { choice, list, members, whole } from "./schema-parts.ts";
import { askTopics, webhookEventTypes } from "./setting-entries/setting-choices.ts";
import type { WebhookEventType } from "./webhooks/webhook-event.ts";

/** A webhook as somebody gives it; without `url` there is none. */
export interface WebhookSettingsInput {
  readonly url?: string | undefined;
  readonly secret?: string | undefined;
  readonly events?: readonly WebhookEventType[] | undefined;
  readonly attempts?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly parallel?: number | undefined;
}

/** {@link WebhookSettingsInput} with its defaults. */
export interface WebhookSettings {
  /** Undefined: there is none. */
  readonly url: string | undefined;
  readonly secret: string | undefined;
  readonly events: readonly WebhookEventType[];
  readonly attempts: number;
  readonly timeoutMs: number;
  /** How many batches may be under way at a time. */
  readonly parallel: number;
}

/** Whom to ask as somebody gives it; without `url` nobody is asked. */
export interface AskSettingsInput {
  readonly url?: string | undefined;
  readonly secret?: string | undefined;
  readonly about?: readonly AskTopic[] | undefined;
  readonly timeoutMs?: number | undefined;
}

/** {@link AskSettingsInput} with its defaults. */
export interface AskSettings {
  /** Undefined: there is none. */
  readonly url: string | undefined;
  readonly secret: string | undefined;
  readonly about: readonly AskTopic[];
  readonly timeoutMs: number;
}

// Neither shows what came: an address may have a secret in its query.
const address = v.pipe(
  v.string("must be text"),
  v.regex(/^https?:\/\/[^\s/@?#]+(?:[/?]\S*)?$/, "must be an address such as https://app.example/openline, without a user or password"),
);
const secret = v.pipe(v.string("must be text"), v.regex(/^[!-~]{16,256}$/, "must be 16 to 256 visible ASCII characters"));

/** The schema of {@link WebhookSettingsInput}. */
export const webhookSchema: v.GenericSchema<unknown, WebhookSettingsInput> = members({
  url: v.optional(address),
  secret: v.optional(secret),
  events: v.optional(list(choice(webhookEventTypes))),
  attempts: v.optional(whole(1, 100)),
  timeoutMs: v.optional(whole(100, 60_000)),
  parallel: v.optional(whole(1, 64)),
});

/** The schema of {@link AskSettingsInput}. */
export const askSchema: v.GenericSchema<unknown, AskSettingsInput> = members({
  url: v.optional(address),
  secret: v.optional(secret),
  about: v.optional(list(choice(askTopics))),
  timeoutMs: v.optional(whole(100, 60_000)),
});

/** What a webhook is told when nothing else is said: everything but each message. */
const usualEvents: readonly WebhookEventType[] = webhookEventTypes.filter((type) => type !== "publish");

/** Fills in the defaults. @throws TypeError for a secret without an address */
export function completeWebhook({ url, secret: key, events, ...rules }: WebhookSettingsInput = {}): WebhookSettings {
  const { attempts = 12, timeoutMs = 10_000, parallel = 1 } = rules;
  if (url === undefined && key !== undefined) throw new TypeError("--webhook-secret needs --webhook-url: there is nobody to tell");
  return { url, secret: key, events: events ?? usualEvents, attempts, timeoutMs, parallel };
}

/** Whether the application decides who comes in. */
export function asksAboutConnect({ url, about }: AskSettings): boolean {
  return url !== undefined && about.includes("connect");
}

/** Fills in the defaults. @throws TypeError for a secret without an address */
export function completeAsk({ url, secret: key, about, timeoutMs }: AskSettingsInput = {}): AskSettings {
  if (url === undefined && key !== undefined) throw new TypeError("--ask-secret needs --ask-url: there is nobody to ask");
  return { url, secret: key, about: about ?? ["connect", "join"], timeoutMs: timeoutMs ?? 5000 };
}
