import type { Line, StoreDesk } from "@openline/brokers/workers";
import type { Listening } from "../openline-server.ts";
import type { ForkedWorker } from "./forked-worker.ts";
import type { Farewell, StartFailure } from "./worker-words.ts";

/** How long beyond its grace a worker that was told to end may take before it is killed. */
const patienceMs = 3_000;

/** A worker that could not begin, with the code of the system's error if there was one. */
class WorkerStartError extends Error {
  readonly code: string | undefined;

  constructor({ name, message, code }: StartFailure) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

/** What the primary knows of one worker, from its start to its end. */
export class WorkerSeat {
  readonly process: ForkedWorker;
  readonly began: number = performance.now();
  /** Resolves when it has come to the primary. */
  readonly greeted: Promise<void>;
  /** Resolves when it listens. */
  readonly listening: Promise<Listening>;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  #state: "starting" | "serving" | "leaving" | "gone" = "starting";
  #line: Line | undefined;
  #desk: StoreDesk | undefined;
  #hasGreeted = false;
  #came: () => void = () => {};
  #stayedAway: (error: Error) => void = () => {};
  #began: (listening: Listening) => void = () => {};
  #failed: (error: Error) => void = () => {};
  #deadline: NodeJS.Timeout | undefined;
  #wasDismissed = false;

  constructor(process: ForkedWorker) {
    this.process = process;
    this.greeted = new Promise((resolve, reject) => {
      this.#came = resolve;
      this.#stayedAway = reject;
    });
    this.greeted.catch(() => undefined);
    this.listening = new Promise((resolve, reject) => {
      this.#began = resolve;
      this.#failed = reject;
    });
    // Whoever waits for it hears of it; later nobody may.
    this.listening.catch(() => undefined);
    this.ended = process.ended.then((how) => this.#over(how));
  }

  get id(): number {
    return this.process.id;
  }

  /** The line to it, while it serves or leaves; what waits for an answer may be answered by it. */
  get line(): Line | undefined {
    return this.#state === "gone" ? undefined : this.#line;
  }

  get desk(): StoreDesk | undefined {
    return this.#desk;
  }

  /** It was told to end. */
  get wasDismissed(): boolean {
    return this.#wasDismissed;
  }

  get isServing(): boolean {
    return this.#state === "serving";
  }

  get hasGreeted(): boolean {
    return this.#hasGreeted;
  }

  greet(): void {
    this.#hasGreeted = true;
    this.#came();
  }

  /** It has come to its place. */
  take(line: Line, desk: StoreDesk | undefined): void {
    this.#line = line;
    this.#desk = desk;
  }

  serves(listening: Listening): void {
    if (this.#state === "starting") this.#state = "serving";
    this.#began(listening);
  }

  fails(failure: StartFailure): void {
    this.#failed(new WorkerStartError(failure));
  }

  /** Its line is gone: a process that cannot be spoken to is none. */
  lost(): void {
    this.#desk?.close();
    if (!this.#wasDismissed) this.process.kill("SIGKILL");
  }

  /** Tells it to close its connections and end; one that does not is killed in the end. */
  leave(farewell: Farewell, withinMs: number): void {
    if (this.#wasDismissed) return;
    this.#wasDismissed = true;
    if (!this.isServing) return this.process.kill("SIGKILL");
    this.#state = "leaving";
    this.#line?.tell("drain", farewell);
    this.#deadline = setTimeout(() => this.process.kill("SIGKILL"), withinMs + patienceMs);
  }

  #over(how: string): string {
    this.#state = "gone";
    clearTimeout(this.#deadline);
    this.#desk?.close();
    this.#line?.close();
    const error = new WorkerStartError({ name: "Error", message: `a worker ended before it listened (${how}); its log says why` });
    this.#stayedAway(error);
    this.#failed(error);
    return how;
  }
}
