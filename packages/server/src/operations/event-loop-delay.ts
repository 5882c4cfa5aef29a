import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** How late the event loop ran what was due, in milliseconds. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const resolutionMs = 20;
const windowMs = 10_000;
const none: LoopDelay = { p50Ms: 0, p99Ms: 0, maxMs: 0 };

/**
 * Watches the event loop in windows of ten seconds, so that who asks often and who asks seldom see the same. Begin with `start`, end with `stop`: the timer
 * behind it does not keep a process alive, but it costs a wake-up every 20 ms.
 */
export class EventLoopDelay {
  #histogram: IntervalHistogram | undefined;
  #timer: NodeJS.Timeout | undefined;
  #last: LoopDelay = none;

  start(): void {
    if (this.#histogram !== undefined) return;
    this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs });
    this.#histogram.enable();
    this.#timer = setInterval(() => this.turn(), windowMs).unref();
  }

  stop(): void {
    this.#histogram?.disable();
    this.#histogram = undefined;
    clearInterval(this.#timer);
  }

  /** Of the last whole window; zeros before the first one ended. */
  get last(): LoopDelay {
    return this.#last;
  }

  /** Ends a window and begins the next. */
  turn(): void {
    const histogram = this.#histogram;
    if (histogram === undefined) return;
    this.#last =
      histogram.count === 0
        ? none
        : { p50Ms: lateMs(histogram.percentile(50)), p99Ms: lateMs(histogram.percentile(99)), maxMs: lateMs(histogram.max) };
    histogram.reset();
  }
}

// The histogram measures from tick to tick: the resolution itself is no delay.
function lateMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolutionMs);
}
