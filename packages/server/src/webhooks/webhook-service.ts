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
  state(): WebhookState | Promise<WebhookState>;
  deadLetters(): readonly DeadLetter[] | Promise<readonly DeadLetter[]>;
  /** Puts the dead letters behind what waits. @returns how many */
  retryDeadLetters(): number | Promise<number>;
}
