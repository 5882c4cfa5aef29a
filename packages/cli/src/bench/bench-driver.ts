import { setMaxListeners } from "node:events";
import { BenchClient } from "./bench-client.ts";
import { type BenchPlan, type DriverShare, graceMs, shareOf } from "./bench-plan.ts";
import type { Strain, Tally } from "./driver-messages.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { clockMs, type Heard, messageForm } from "./message-form.ts";
import { onSchedule, pause } from "./schedule.ts";
import { failureReason, TallySheet } from "./tally-sheet.ts";

/** A room is quiet when nothing came for so long. */
const quietMs = 250;

/** One process's part of a bench: its connections, and what it counts. */
export class BenchDriver {
  readonly plan: BenchPlan;
  readonly clients: readonly BenchClient[];
  readonly sheet: TallySheet = new TallySheet();
  readonly #share: DriverShare;
  readonly #lateness = new LatencyHistogram();
  readonly #expected = new Map<string, number>();
  readonly #over = new AbortController();
  /** Connections that are to stand, and since when they are waited for. */
  readonly #awaited = new Map<BenchClient, number>();
  #heardMs = 0;
  #isEnded = false;
  #since = performance.eventLoopUtilization();
  /** Called for each message that came back. */
  onHeard: (client: BenchClient, heard: Heard) => void = () => undefined;

  constructor(plan: BenchPlan, share: DriverShare) {
    this.plan = plan;
    this.#share = share;
    // Each connection that waits for its turn listens to it.
    setMaxListeners(0, this.signal);
    this.clients = Array.from({ length: shareOf(plan.connections, share) }, (_, index) => this.#client(`${share.index}.${index}`));
  }

  /** The first driver has what there is one of. */
  get isFirst(): boolean {
    return this.#share.index === 0;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** This driver's part of the rate, a second. */
  ratePerSecond(fallback: number): number {
    return (this.plan.ratePerSecond ?? fallback) / this.#share.of;
  }

  /** Where in an interval of the rate this driver begins: the drivers take turns. */
  get phase(): number {
    return this.#share.index / this.#share.of;
  }

  /** Opens what the scenario begins with. */
  async prepare(): Promise<void> {
    if (this.plan.scenario === "handshakes") return;
    const waiting = [...this.clients];
    const opening: Promise<boolean>[] = [];
    const done = new AbortController();
    await onSchedule(this.plan.openRate / this.#share.of, AbortSignal.any([done.signal, this.signal]), () => {
      const client = waiting.shift();
      if (client === undefined) done.abort();
      else opening.push(this.open(client, false));
    });
    await Promise.all(opening);
    this.#since = performance.eventLoopUtilization();
  }

  /** The connections that the scenario begins with stand: from now on it counts how busy this process is. */
  begin(): void {
    this.#since = performance.eventLoopUtilization();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#over.abort();
    this.sheet.over();
  }

  /** After `stop`: resolves when all that was under way has come, or will not. */
  async settle(): Promise<void> {
    const untilMs = clockMs() + graceMs;
    while (!this.#isSettled() && clockMs() < untilMs) await pause(20, new AbortController().signal);
  }

  #isSettled(): boolean {
    if (this.#awaited.size > 0) return false;
    const { scenario } = this.plan;
    if (scenario === "fan-out" || scenario === "slow-readers") return clockMs() - this.#heardMs > quietMs;
    return this.clients.every(({ isAnswered }) => isAnswered);
  }

  /** What it came to; its connections are gone then. */
  end(): { readonly tally: Tally; readonly strain: Strain } {
    this.stop();
    this.#isEnded = true;
    const busy = performance.eventLoopUtilization(this.#since).utilization;
    const now = clockMs();
    for (const dueMs of [...this.#awaited.values(), ...this.clients.flatMap(({ unanswered }) => [...unanswered])])
      this.sheet.unanswered(now - dueMs);
    const tally = this.sheet.take();
    for (const client of this.clients) client.drop();
    return { tally, strain: { busy, lateness: this.#lateness.toData() } };
  }

  /** Opens a connection and counts how that ended; `isMeasured`: how long it took since `dueMs` is what is looked for. True when it stands. */
  async open(client: BenchClient, isMeasured: boolean, dueMs: number = clockMs()): Promise<boolean> {
    try {
      await client.open();
      this.sheet.opened(isMeasured ? clockMs() - dueMs : undefined);
      return true;
    } catch (error) {
      client.drop();
      if (!this.#isEnded) this.sheet.failed(failureReason(error));
      return false;
    }
  }

  /** Does what ends with a connection that stands, or not; what has not ended when the driver stops to wait counts as unanswered. */
  async awaiting(client: BenchClient, fromMs: number, act: () => Promise<void>): Promise<void> {
    this.#awaited.set(client, fromMs);
    await act();
    this.#awaited.delete(client);
  }

  drop(client: BenchClient): void {
    if (client.isReady) this.sheet.open--;
    client.drop();
  }

  send(client: BenchClient, dueMs: number = clockMs()): void {
    if (!client.isReady) return;
    this.#lateness.record(clockMs() - dueMs);
    this.sheet.sent();
    client.send(dueMs);
  }

  /** True when the message is the next one of its sender at this client. */
  isNext(client: BenchClient, { sender, seq }: Heard): boolean {
    const key = `${client.name} ${sender}`;
    const expected = this.#expected.get(key);
    this.#expected.set(key, seq + 1);
    return expected === undefined || expected === seq;
  }

  #client(name: string): BenchClient {
    const { scenario, room } = this.plan;
    // Whoever echoes wants its own messages back and no others'.
    const own = room !== undefined && scenario === "echo" ? `${room}-${name}` : room;
    const client: BenchClient = new BenchClient(name, this.plan, messageForm({ ...this.plan, room: own }), {
      heard: (heard) => this.#hear(client, heard),
      lost: (code) => {
        this.sheet.open--;
        if (!this.#isEnded) this.sheet.failed(`closed with ${code}`);
      },
    });
    return client;
  }

  #hear(client: BenchClient, heard: Heard): void {
    this.#heardMs = clockMs();
    if (!this.isNext(client, heard)) this.sheet.wrong();
    this.sheet.received(this.#heardMs - heard.dueMs);
    this.onHeard(client, heard);
  }
}
