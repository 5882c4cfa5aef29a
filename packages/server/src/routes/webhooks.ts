import { operations } from "../api/operations.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";

/** An event that was given up. */
export interface DeadLetter {
  readonly event: object;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly failedAt: number;
}

/** How a webhook fares. */
export interface WebhookState {
  readonly pending: number;
  readonly delivered: number;
  readonly deadLetters: number;
  readonly dropped: number;
  readonly failures: number;
  readonly lastFailure?: string;
}

/** What the API tells of a webhook. */
export interface WebhookService {
  state(): WebhookState;
  deadLetters(): readonly DeadLetter[];
  /** Puts the dead letters behind what waits. @returns how many */
  retryDeadLetters(): number;
}

const off: WebhookState = { pending: 0, delivered: 0, deadLetters: 0, dropped: 0, failures: 0 };

/** `GET …/api/webhooks`, `…/webhooks/dead-letters` and `POST …/webhooks/dead-letters/retry`. */
export function addWebhooks(routes: ApiRoutes, service: WebhookService | undefined): void {
  addOperation(routes, operations.webhooks, () => ({
    status: 200,
    body: { enabled: service !== undefined, ...(service?.state() ?? off) },
  }));
  addOperation(routes, operations.deadLetters, () => ({ status: 200, body: { deadLetters: service?.deadLetters() ?? [] } }));
  addOperation(routes, operations.retryDeadLetters, () => ({ status: 202, body: { retried: service?.retryDeadLetters() ?? 0 } }));
}
