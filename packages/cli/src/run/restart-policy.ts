import type { ProgramOutcome } from "./child-program.ts";

/** Who ran so long has recovered: the waits begin anew. */
const healthyMs = 10_000;
const longestWaitMs = 30_000;

/** When a program that ended is started again, if it is. */
export class RestartPolicy {
  readonly #rule: "always" | "on-failure" | "never";
  readonly #firstMs: number;
  readonly #now: () => number;
  #startedAt = 0;
  #failures = 0;

  constructor(rule: "always" | "on-failure" | "never", firstMs: number, now: () => number = () => performance.now()) {
    this.#rule = rule;
    this.#firstMs = firstMs;
    this.#now = now;
  }

  started(): void {
    this.#startedAt = this.#now();
  }

  /** For how long to wait before the next start, in milliseconds: twice as long each time, 30 s at most; undefined for no start. */
  waitAfter({ code }: ProgramOutcome): number | undefined {
    if (this.#rule === "never" || (this.#rule === "on-failure" && code === 0)) return undefined;
    if (this.#now() - this.#startedAt >= healthyMs) this.#failures = 0;
    return Math.min(longestWaitMs, this.#firstMs * 2 ** this.#failures++);
  }
}

/** What clients are told when a program has ended and is not started again: a good end is 1000, everything else 1011 (RFC 6455 §7.4.1). */
export function closeOf({ code, signal, error }: ProgramOutcome): { readonly code: 1000 | 1011; readonly reason: string } {
  if (error !== undefined) return { code: 1011, reason: "the program could not be started" };
  if (signal !== undefined) return { code: 1011, reason: `the program was ended by ${signal}` };
  return code === 0 ? { code: 1000, reason: "the program has ended" } : { code: 1011, reason: `the program ended with exit code ${code}` };
}
