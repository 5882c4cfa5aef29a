import { type Clock, type DeadlineQueue, deadlineQueue, monotonicClock, type Timed } from "./deadline-queue.ts";
import { checkCloseFrame } from "./usage.ts";
import type { WebSocket } from "./websocket.ts";

/** How a server's connections are ended. Times in milliseconds. */
export interface DrainOptions {
  /** What clients are told: 1001 the server goes away (default), 1012 it restarts: come back, or any other code that may be sent. */
  readonly code?: number | undefined;
  /** The reason in the close frame, up to 123 bytes. Default empty. */
  readonly reason?: string | undefined;
  /** A text message sent right before the close frame: where to go, when to come back. */
  readonly advice?: string | ((websocket: WebSocket) => string | undefined) | undefined;
  /** The closes are spread evenly over this time, so that not all clients come back at once. Default 0. */
  readonly staggerMs?: number | undefined;
  /** What is still open after this time is terminated. Default 10,000. */
  readonly deadlineMs?: number | undefined;
}

/** What became of the connections. */
export interface DrainOutcome {
  /** Ended by a closing handshake, or by their peers. */
  readonly closed: number;
  /** Cut at the deadline. */
  readonly terminated: number;
}

/** Where a drain takes its time from. */
export interface DrainTime {
  readonly clock: Pick<Clock<unknown>, "now">;
  readonly queue: Pick<DeadlineQueue<unknown>, "update" | "remove">;
}

/** A socket as a drain needs it. */
export type Drained = Pick<WebSocket, "send" | "close" | "terminate" | "once">;

/** @throws TypeError or RangeError for a code, reason or time that cannot be */
export function checkDrainOptions({ code = 1001, reason, staggerMs = 0, deadlineMs = 10_000 }: DrainOptions): void {
  checkCloseFrame(code, reason);
  if (!(staggerMs >= 0)) throw new RangeError(`staggerMs is ${staggerMs}: it must not be negative`);
  if (!(deadlineMs > 0)) throw new RangeError(`deadlineMs is ${deadlineMs}: it must be above 0`);
}

/**
 * Ends all sockets: advice and close frame, spread over `staggerMs`, and at the deadline the transports. Resolves when the last one is closed.
 * @throws as {@link checkDrainOptions}, before anything is closed
 */
export async function drainSockets(
  sockets: Iterable<Drained>,
  options: DrainOptions,
  time: DrainTime = { clock: monotonicClock, queue: deadlineQueue },
): Promise<DrainOutcome> {
  const { code = 1001, reason = "", staggerMs = 0, deadlineMs = 10_000 } = options;
  checkDrainOptions(options);
  return new Promise((resolve) => {
    new Drain([...sockets], { code, reason, advice: options.advice, staggerMs, deadlineMs }, time, resolve).start();
  });
}

interface Plan extends DrainOptions {
  readonly staggerMs: number;
  readonly deadlineMs: number;
}

class Drain implements Timed {
  deadline = 0;
  queueIndex: number = -1;
  readonly #open: Set<Drained>;
  readonly #sockets: readonly Drained[];
  readonly #plan: Plan;
  readonly #time: DrainTime;
  readonly #resolve: (outcome: DrainOutcome) => void;
  readonly #startedAt: number;
  /** How many have been told to close. */
  #told = 0;
  #terminated = 0;

  constructor(sockets: readonly Drained[], plan: Plan, time: DrainTime, resolve: (outcome: DrainOutcome) => void) {
    this.#sockets = sockets;
    this.#open = new Set(sockets);
    this.#plan = plan;
    this.#time = time;
    this.#resolve = resolve;
    this.#startedAt = time.clock.now();
  }

  start(): void {
    for (const socket of this.#sockets) socket.once("close", () => this.#closed(socket));
    this.due(this.#startedAt);
    if (this.#open.size === 0) this.#finish();
    else this.#time.queue.update(this);
  }

  due(now: number): void {
    while (this.#told < this.#sockets.length && this.#turnOf(this.#told) <= now) this.#tell(this.#sockets[this.#told++]);
    const last = this.#startedAt + this.#plan.deadlineMs;
    if (now >= last) this.#terminate();
    this.deadline = now >= last || this.#open.size === 0 ? Number.POSITIVE_INFINITY : Math.min(last, this.#turnOf(this.#told));
  }

  #turnOf(index: number): number {
    if (index >= this.#sockets.length) return Number.POSITIVE_INFINITY;
    return this.#startedAt + (this.#plan.staggerMs * index) / this.#sockets.length;
  }

  #tell(socket: Drained | undefined): void {
    if (socket === undefined || !this.#open.has(socket)) return;
    const { advice, code, reason } = this.#plan;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sockets are WebSockets; only tests bring less
    const text = typeof advice === "function" ? advice(socket as WebSocket) : advice;
    if (text !== undefined) socket.send(text);
    socket.close(code, reason);
  }

  #terminate(): void {
    this.#terminated = this.#open.size;
    this.#told = this.#sockets.length;
    for (const socket of this.#open) socket.terminate();
  }

  #closed(socket: Drained): void {
    this.#open.delete(socket);
    if (this.#open.size === 0) this.#finish();
  }

  #finish(): void {
    this.deadline = Number.POSITIVE_INFINITY;
    this.#time.queue.remove(this);
    this.#resolve({ closed: this.#sockets.length - this.#terminated, terminated: this.#terminated });
  }
}
