import type { Tally } from "./driver-messages.ts";
import { LatencyHistogram } from "./latency-histogram.ts";

/** What a driver counts while it plays. */
export class TallySheet {
  open = 0;
  #opened = 0;
  #sent = 0;
  #received = 0;
  #late = 0;
  #unanswered = 0;
  #isOver = false;
  #wrong = 0;
  #failures: Record<string, number> = {};
  readonly #latency = new LatencyHistogram();

  sent(): void {
    this.#sent++;
  }

  received(latencyMs: number): void {
    if (this.#isOver) this.#late++;
    else this.#received++;
    this.#latency.record(latencyMs);
  }

  /** The time is over: what comes now is no part of the rate, but its latency counts. */
  over(): void {
    this.#isOver = true;
  }

  /** Something never came; it took at least so long. Without it a server that stands still until the end would look fast. */
  unanswered(atLeastMs: number): void {
    this.#unanswered++;
    this.#latency.record(atLeastMs);
  }

  wrong(): void {
    this.#wrong++;
  }

  /** A connection stands; `tookMs` where that is what is measured. */
  opened(tookMs?: number): void {
    this.#opened++;
    this.open++;
    if (tookMs !== undefined) this.received(tookMs);
  }

  failed(reason: string): void {
    this.#failures[reason] = (this.#failures[reason] ?? 0) + 1;
  }

  /** What was counted since the last time. */
  take(): Tally {
    const tally = {
      opened: this.#opened,
      open: this.open,
      sent: this.#sent,
      received: this.#received,
      late: this.#late,
      unanswered: this.#unanswered,
      wrong: this.#wrong,
      failures: this.#failures,
      latency: this.#latency.take(),
    };
    this.#opened = this.#sent = this.#received = this.#late = this.#unanswered = this.#wrong = 0;
    this.#failures = {};
    return tally;
  }
}

/** Why a connection could not be had, in few words: equal reasons are counted together. */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = inner instanceof Error && "code" in inner ? String(inner.code) : undefined;
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return code;
  return /\b(?:response|status)[^\d]*(\d{3})\b/i.exec(error.message)?.[1]?.replace(/^/, "HTTP ") ?? error.message;
}
