import { operations } from "../api/operations.ts";
import type { WebhookService, WebhookState } from "../webhooks/webhook-service.ts";
import { type ApiRoutes, addOperation } from "./api-route.ts";

const off: WebhookState = { pending: 0, delivered: 0, deadLetters: 0, dropped: 0, failures: 0 };

/** `GET …/api/webhooks`, `…/webhooks/dead-letters` and `POST …/webhooks/dead-letters/retry`. */
export function addWebhooks(routes: ApiRoutes, service: WebhookService | undefined): void {
  addOperation(routes, operations.webhooks, async () => ({
    status: 200,
    body: { enabled: service !== undefined, ...((await service?.state()) ?? off) },
  }));
  addOperation(routes, operations.deadLetters, async () => ({ status: 200, body: { deadLetters: (await service?.deadLetters()) ?? [] } }));
  addOperation(routes, operations.retryDeadLetters, async () => ({
    status: 202,
    body: { retried: (await service?.retryDeadLetters()) ?? 0 },
  }));
}
