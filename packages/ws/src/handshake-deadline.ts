import { deadlineQueue, monotonicClock, type Timed } from "./deadline-queue.ts";

/** A step of an opening handshake that must be answered in time, and once: the answer or the deadline, whichever comes first. */
export class HandshakeDeadline implements Timed {
  deadline: number;
  queueIndex: number = -1;
  readonly #expired: () => void;
  #isSettled = false;

  /** Without a time it waits for ever. `expired` is called when nothing was settled in time. */
  constructor(timeoutMs: number | undefined, expired: () => void) {
    this.deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : monotonicClock.now() + timeoutMs;
    this.#expired = expired;
    deadlineQueue.update(this);
  }

  /** Whether this is the first answer, in time. */
  settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.deadline = Number.POSITIVE_INFINITY;
    deadlineQueue.remove(this);
    return true;
  }

  due(): void {
    if (this.settle()) this.#expired();
  }
}
