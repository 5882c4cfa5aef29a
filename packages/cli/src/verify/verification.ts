import { setTimeout as delay } from "node:timers/promises";
import { checkHistory, type HistoryVerdict, type Observation, seeded, Witness, Workload } from "@openline/hub/testing";
import { type BrokerFault, injectFault } from "./redis-control.ts";
import { SocketStation } from "./socket-station.ts";
import type { VerifySettings } from "./verify-settings.ts";

/** How far a run is. */
export interface Progress {
  readonly elapsedMs: number;
  readonly phase: "running" | "settling";
  readonly acknowledged: number;
  readonly delivered: number;
  readonly disconnects: number;
  /** The fault that was done just now. */
  readonly fault?: BrokerFault;
}

/** How a run ended. */
export interface VerificationResult {
  readonly verdict: HistoryVerdict;
  readonly observations: readonly Observation[];
  /** Whether everyone was back, and all was quiet, before the history was judged. */
  readonly isCalm: boolean;
  readonly faults: readonly BrokerFault[];
}

/** Why a run could not be made. */
export class VerificationImpossible extends Error {}

/** How long the beginning and the end may take: what is quick to try is quick to give up. */
const within = (least: number, most: number, durationMs: number): number => Math.max(least, Math.min(most, durationMs));
const beginMs = (durationMs: number): number => within(3_000, 10_000, durationMs);
const calmMs = (durationMs: number): number => within(5_000, 30_000, durationMs);
const stepMs = 20;

/**
 * Plays a workload against running hubs and judges what the clients saw. Rooms have names of their own for each run; nothing else is touched,
 * except by the faults that the settings name. `enough` ends the run before its time; it is judged all the same.
 * @throws VerificationImpossible when the hub cannot be used, or a fault cannot be done
 */
export async function runVerification(
  settings: VerifySettings,
  tell: (progress: Progress) => void,
  enough: AbortSignal = new AbortController().signal,
): Promise<VerificationResult> {
  const observations: Observation[] = [];
  const stations = stationsOf(settings, observations);
  const rooms = roomsOf(settings);
  const workload = new Workload({
    seed: settings.seed,
    stations,
    rooms,
    stepMs,
    pass: async (ms) => await delay(ms),
    unrest: settings.unrest,
    publishesPerStep: (settings.rate * stepMs) / 1_000 / settings.clients,
    paddingBytes: settings.messageBytes,
  });
  try {
    if (!(await workload.begin(beginMs(settings.durationMs)))) throw new VerificationImpossible(whyNot(stations));
    const counter = new Counter(observations);
    const faults = await play(settings, { workload, stations, enough }, (more) => tell(counter.progress(more)));
    tell(counter.progress({ phase: "settling" }));
    const isCalm = await workload.calm(calmMs(settings.durationMs));
    throwIfUnfit(stations);
    return { verdict: checkHistory(observations), observations, isCalm, faults };
  } finally {
    for (const station of stations) station.cut();
  }
}

function stationsOf({ clients, urls, apiKey, token }: VerifySettings, observations: Observation[]): SocketStation[] {
  const from = performance.now();
  const now = (): number => Math.round(performance.now() - from);
  return Array.from({ length: clients }, (_, index) => {
    const witness = new Witness({ name: `c${index + 1}`, token, now, record: (observation) => observations.push(observation) });
    return new SocketStation(witness, { urls, first: index % urls.length, apiKey });
  });
}

/** Names that no earlier run has used: what it left would be in the way. */
function roomsOf({ seed, rooms }: VerifySettings): string[] {
  const run = Date.now().toString(36);
  return Array.from({ length: rooms }, (_, index) => `verify-${seed}-${run}-${index + 1}`);
}

interface Play {
  readonly workload: Workload;
  readonly stations: readonly SocketStation[];
  readonly enough: AbortSignal;
}

async function play(
  settings: VerifySettings,
  { workload, stations, enough }: Play,
  tell: (more: Partial<Progress>) => void,
): Promise<BrokerFault[]> {
  const { durationMs, broker, seed } = settings;
  const plan = faultPlan(settings.brokerFaults, durationMs, seed);
  const done: BrokerFault[] = [];
  const from = performance.now();
  let toldAt = 0;
  for (;;) {
    const elapsed = performance.now() - from;
    if (elapsed >= durationMs || enough.aborted) return done;
    const next = plan[done.length];
    if (next !== undefined && broker !== undefined && next.atMs <= elapsed) {
      await inject(broker, next.fault);
      done.push(next.fault);
      tell({ fault: next.fault });
    }
    await workload.step();
    throwIfUnfit(stations);
    if (elapsed - toldAt < 250) continue;
    toldAt = elapsed;
    tell({});
  }
}

async function inject(broker: string, fault: BrokerFault): Promise<void> {
  // `hang` answers only when it is over, and the run must go on meanwhile.
  const done = injectFault(broker, fault);
  if (fault === "hang") done.catch(() => {});
  else
    await done.catch((error: unknown) => {
      throw new VerificationImpossible(
        `the fault ${JSON.stringify(fault)} could not be done: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
}

interface PlannedFault {
  readonly atMs: number;
  readonly fault: BrokerFault;
}

/** Each allowed fault in turn, one in about four seconds (a hang takes eight), none in the first and last tenth. */
export function faultPlan(faults: readonly BrokerFault[], durationMs: number, seed: number): PlannedFault[] {
  const random = seeded(seed ^ 0x5eed);
  const plan: PlannedFault[] = [];
  let atMs = durationMs / 10;
  for (let index = 0; faults.length > 0 && atMs <= durationMs * 0.9; index++) {
    const fault = faults[index % faults.length];
    if (fault === undefined) break;
    plan.push({ atMs: Math.round(atMs), fault });
    atMs += (fault === "hang" ? 9_000 : 3_000) + random() * 2_000;
  }
  return plan;
}

function throwIfUnfit(stations: readonly SocketStation[]): void {
  for (const { witness } of stations) if (witness.fault !== undefined) throw new VerificationImpossible(witness.fault);
}

function whyNot(stations: readonly SocketStation[]): string {
  const fault = stations.map((station) => station.witness.fault ?? station.fault).find((text) => text !== undefined);
  return fault ?? `not all clients were in their rooms in time`;
}

/** Counts what was observed since the last look, so that looking often costs little. */
class Counter {
  readonly #observations: readonly Observation[];
  readonly #from = performance.now();
  readonly #counts = { published: 0, message: 0, away: 0 };
  #seen = 0;

  constructor(observations: readonly Observation[]) {
    this.#observations = observations;
  }

  progress(more: Partial<Progress>): Progress {
    for (; this.#seen < this.#observations.length; this.#seen++) {
      const type = this.#observations[this.#seen]?.type;
      if (type === "published" || type === "message" || type === "away") this.#counts[type]++;
    }
    const { published, message, away } = this.#counts;
    const elapsedMs = performance.now() - this.#from;
    return { elapsedMs, phase: "running", acknowledged: published, delivered: message, disconnects: away, ...more };
  }
}
