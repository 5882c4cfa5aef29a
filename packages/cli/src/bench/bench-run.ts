import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BenchPlan } from "./bench-plan.ts";
import type { FromDriver, Tally, ToDriver } from "./driver-messages.ts";
import { LatencyHistogram } from "./latency-histogram.ts";

/** One second of a run. */
export interface Second {
  readonly received: number;
  readonly sent: number;
  readonly open: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What a run came to. */
export interface BenchResult {
  readonly plan: BenchPlan;
  readonly drivers: number;
  /** From the first message to the end. */
  readonly elapsedMs: number;
  readonly opened: number;
  readonly open: number;
  readonly sent: number;
  /** Until the end: what the rate is made of. */
  readonly received: number;
  /** Came after the end, while the drivers waited. Their latency counts. */
  readonly late: number;
  /** Did not come at all. The time until the drivers stopped to wait counts as their latency. */
  readonly unanswered: number;
  readonly wrong: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly latency: LatencyHistogram;
  /** The first half and the second half of the time. */
  readonly halves: readonly [LatencyHistogram, LatencyHistogram];
  readonly seconds: readonly Second[];
  /** The busiest driver's share of its time. */
  readonly busy: number;
  /** How late the drivers' own messages left. */
  readonly lateness: LatencyHistogram;
}

/** How a run stands, for people. */
export interface BenchProgress {
  readonly phase: "opening" | "running";
  readonly open: number;
  readonly second: number;
  readonly last: Second | undefined;
}

const driverFile = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./driver-main.ts" : "./driver-main.js", import.meta.url));

/**
 * Plays a plan with so many driver processes and adds up what they counted.
 * @throws Error when a driver ends before its time
 */
export async function runBench(
  plan: BenchPlan,
  drivers: number,
  onProgress: (progress: BenchProgress) => void,
  signal: AbortSignal,
): Promise<BenchResult> {
  const sum = new Sum(plan, drivers, onProgress);
  const children = Array.from({ length: drivers }, (_, index) => new DriverProcess(index, sum));
  try {
    await Promise.all(children.map((child, index) => child.ask({ type: "plan", plan, share: { index, of: drivers } }, "ready", signal)));
    sum.begin();
    for (const child of children) child.tell({ type: "go" });
    await until(plan.durationMs, signal, children);
    sum.end();
    await Promise.all(children.map((child) => child.ask({ type: "stop" }, "done")));
    return sum.result();
  } finally {
    for (const child of children) child.kill();
  }
}

async function until(ms: number, signal: AbortSignal, children: readonly DriverProcess[]): Promise<void> {
  const timer = new AbortController();
  const time = new Promise<void>((resolve) => {
    const done = setTimeout(resolve, ms);
    timer.signal.addEventListener("abort", () => clearTimeout(done));
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([time, ...children.map((child) => child.failed)]);
  timer.abort();
}

class DriverProcess {
  readonly #child: ChildProcess;
  /** Rejects when it ends before its time, or says that it cannot go on. */
  readonly failed: Promise<never>;
  #isDone = false;

  constructor(index: number, sum: Sum) {
    this.#child = fork(driverFile, { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" });
    this.#child.on("message", (message: FromDriver) => {
      if (message.type === "tick") sum.tick(index, message.tally);
      if (message.type === "done") {
        this.#isDone = true;
        sum.done(index, message);
      }
    });
    this.failed = this.#watch(index);
    // Whoever waits hears of it; nobody waits between the phases.
    this.failed.catch(() => undefined);
  }

  tell(message: ToDriver): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** Says something and waits for the answer of this type, or for the user who has seen enough. */
  async ask(message: ToDriver, answer: FromDriver["type"], signal?: AbortSignal): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      const hear = ({ type }: FromDriver): void => {
        if (type !== answer) return;
        this.#child.off("message", hear);
        resolve();
      };
      this.#child.on("message", hear);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
    this.tell(message);
    await Promise.race([answered, this.failed]);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async #watch(index: number): Promise<never> {
    const said = new Promise<never>((_, reject) => {
      this.#child.on("message", (message: FromDriver) => {
        if (message.type === "failed") reject(new Error(`driver ${index}: ${message.reason}`));
      });
    });
    const ended = once(this.#child, "exit").then(([code, killedBy]: (number | string | null)[]) => {
      if (this.#isDone) return new Promise<never>(() => undefined);
      throw new Error(`driver ${index} ended before its time (${killedBy ?? code})`);
    });
    return await Promise.race([said, ended]);
  }
}

/** Adds up what the drivers tell. */
class Sum {
  readonly #plan: BenchPlan;
  readonly #drivers: number;
  readonly #onProgress: (progress: BenchProgress) => void;
  readonly #open: number[];
  readonly #latency = new LatencyHistogram();
  readonly #halves = [new LatencyHistogram(), new LatencyHistogram()] as const;
  readonly #lateness = new LatencyHistogram();
  readonly #failures: Record<string, number> = {};
  readonly #seconds: Second[] = [];
  #current = new LatencyHistogram();
  #currentSent = 0;
  #currentReceived = 0;
  #counts = { opened: 0, sent: 0, received: 0, late: 0, unanswered: 0, wrong: 0 };
  #busy = 0;
  #from: number | undefined;
  #elapsedMs: number | undefined;

  constructor(plan: BenchPlan, drivers: number, onProgress: (progress: BenchProgress) => void) {
    this.#plan = plan;
    this.#drivers = drivers;
    this.#onProgress = onProgress;
    this.#open = Array.from({ length: drivers }, () => 0);
  }

  begin(): void {
    this.#from = performance.now();
  }

  end(): void {
    this.#elapsedMs = performance.now() - (this.#from ?? performance.now());
  }

  tick(index: number, tally: Tally): void {
    this.#open[index] = tally.open;
    for (const [reason, count] of Object.entries(tally.failures)) this.#failures[reason] = (this.#failures[reason] ?? 0) + count;
    this.#counts.opened += tally.opened;
    this.#counts.wrong += tally.wrong;
    if (this.#from === undefined) return this.#show("opening");
    this.#counts.sent += tally.sent;
    this.#counts.received += tally.received;
    this.#counts.late += tally.late;
    this.#counts.unanswered += tally.unanswered;
    const at = this.#elapsedMs ?? performance.now() - this.#from;
    this.#latency.add(tally.latency);
    this.#halves[at < this.#plan.durationMs / 2 ? 0 : 1].add(tally.latency);
    // The last second stays open for what the drivers tell after the end.
    this.#turn(Math.min(Math.floor(at / 1000), Math.ceil(this.#plan.durationMs / 1000) - 1));
    this.#current.add(tally.latency);
    this.#currentReceived += tally.received;
    this.#currentSent += tally.sent;
    return this.#show("running");
  }

  done(index: number, { tally, strain }: Extract<FromDriver, { type: "done" }>): void {
    this.tick(index, tally);
    this.#busy = Math.max(this.#busy, strain.busy);
    this.#lateness.add(strain.lateness);
  }

  result(): BenchResult {
    const elapsedMs = this.#elapsedMs ?? 0;
    this.#turn(Math.ceil(elapsedMs / 1000));
    return {
      plan: this.#plan,
      drivers: this.#drivers,
      elapsedMs,
      ...this.#counts,
      open: this.#openNow(),
      failures: this.#failures,
      latency: this.#latency,
      halves: this.#halves,
      seconds: this.#seconds,
      busy: this.#busy,
      lateness: this.#lateness,
    };
  }

  /** Closes the seconds before `second`. */
  #turn(second: number): void {
    while (this.#seconds.length < second && this.#seconds.length * 1000 < this.#plan.durationMs) {
      const current = this.#current;
      this.#seconds.push({
        received: this.#currentReceived,
        sent: this.#currentSent,
        open: this.#openNow(),
        p50Ms: current.percentile(0.5),
        p99Ms: current.percentile(0.99),
      });
      this.#current = new LatencyHistogram();
      this.#currentSent = 0;
      this.#currentReceived = 0;
    }
  }

  #openNow(): number {
    return this.#open.reduce((sum, open) => sum + open, 0);
  }

  #show(phase: BenchProgress["phase"]): void {
    this.#onProgress({ phase, open: this.#openNow(), second: this.#seconds.length, last: this.#seconds.at(-1) });
  }
}
