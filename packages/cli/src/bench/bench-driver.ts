import { setMaxListeners } from "node:events";
import { BenchClient } from "./bench-client.ts";
import { type BenchPlan, type DriverShare, shareOf } from "./bench-plan.ts";
import type { Strain, Tally } from "./driver-messages.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { clockMs, type Heard, messageForm } from "./message-form.ts";
import { onSchedule } from "./schedule.ts";
import { failureReason, TallySheet } from "./tally-sheet.ts";

/** One process's part of a bench: its connections, and what it counts. */
export class BenchDriver {
  readonly plan: BenchPlan;
  readonly clients: readonly BenchClient[];
  readonly sheet: TallySheet = new TallySheet();
  readonly #share: DriverShare;
  readonly #lateness = new LatencyHistogram();
  readonly #expected = new Map<string, number>();
  readonly #over = new AbortController();
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

  /** Opens what the scenario begins with. */
  async prepare(): Promise<void> {
    if (this.plan.scenario === "handshakes") return;
    const waiting = [...this.clients];
    const opening: Promise<void>[] = [];
    const done = new AbortController();
    await onSchedule(this.plan.openRate / this.#share.of, AbortSignal.any([done.signal, this.signal]), () => {
      const client = waiting.shift();
      if (client === undefined) done.abort();
      else opening.push(this.open(client, false));
    });
    await Promise.all(opening);
    this.#since = performance.eventLoopUtilization();
  }

  stop(): void {
    this.#over.abort();
  }

  /** What it came to; its connections are gone then. */
  end(): { readonly tally: Tally; readonly strain: Strain } {
    this.stop();
    const busy = performance.eventLoopUtilization(this.#since).utilization;
    const tally = this.sheet.take();
    for (const client of this.clients) client.drop();
    return { tally, strain: { busy, lateness: this.#lateness.toData() } };
  }

  /** Opens a connection and counts how that ended; `isMeasured`: how long it took is what is looked for. True when it stands. */
  async open(client: BenchClient, isMeasured: boolean, dueMs: number = clockMs()): Promise<void> {
    try {
      await client.open();
      this.sheet.opened(isMeasured ? clockMs() - dueMs : undefined);
    } catch (error) {
      client.drop();
      if (!this.signal.aborted) this.sheet.failed(failureReason(error));
    }
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
        if (!this.signal.aborted) this.sheet.failed(`closed with ${code}`);
      },
    });
    return client;
  }

  #hear(client: BenchClient, heard: Heard): void {
    if (!this.isNext(client, heard)) this.sheet.wrong();
    this.sheet.received(clockMs() - heard.dueMs);
    this.onHeard(client, heard);
  }
}
