import type { Rate } from "./rules.ts";

/** From so many rooms on, those whose rate has recovered are forgotten. */
const sweepFrom = 64;

/** How fast one session publishes, room by room. One number per room: when its next message would be due if they came evenly (GCRA). */
export class PublishRates {
  readonly #due = new Map<string, number>();
  #sweepAt = sweepFrom;

  /** Rooms that are remembered. */
  get size(): number {
    return this.#due.size;
  }

  /** Counts a message and returns 0, or returns after how many milliseconds one may come again. */
  take(room: string, rate: Rate, now: number): number {
    const everyMs = rate.perMs / rate.messages;
    const due = Math.max(this.#due.get(room) ?? now, now);
    const early = due - now - (rate.perMs - everyMs);
    // Sums of fractions: a thousandth of a millisecond is no haste.
    if (early > 0.001) return Math.ceil(early);
    this.#due.set(room, due + everyMs);
    if (this.#due.size >= this.#sweepAt) this.#sweep(now);
    return 0;
  }

  #sweep(now: number): void {
    for (const [room, due] of this.#due) if (due <= now) this.#due.delete(room);
    this.#sweepAt = Math.max(sweepFrom, this.#due.size * 2);
  }
}
