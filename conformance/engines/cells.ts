import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { HistoryCounts } from "@openline/hub/testing";
import { World } from "../faults/world.ts";
import { cutOff } from "./cut-off.ts";
import { type Engine, engines, type RunningEngine } from "./engines.ts";

/** Something that befalls an engine, or the nodes on it. */
export interface EngineFault {
  readonly name: string;
  /** Messages flow when it begins, and go on afterwards. Missing where the fault has a test of its own kind. */
  readonly befall?: (world: World, engine: RunningEngine) => Promise<void>;
  readonly expect?: (counts: HistoryCounts) => void;
  readonly play?: (t: TestContext, engine: Engine) => Promise<void>;
  /** Engines whose test takes too long for each run: it is in the full one. */
  readonly long?: readonly Engine["name"][];
  /** Engines with which it cannot be shown here, and why. */
  readonly cannot?: Partial<Record<Engine["name"], string>>;
  /** What stands in the table for Redis, whose tests are in conformance/faults. */
  readonly redis: string;
}

function nothingLost({ insufficient, notRecovered, lostButTold }: HistoryCounts): void {
  assert.deepEqual({ insufficient, notRecovered, lostButTold }, { insufficient: 0, notRecovered: 0, lostButTold: 0 });
}

function lostAndTold({ insufficient, notRecovered, lostButTold }: HistoryCounts): void {
  assert.ok(lostButTold > 0, "nothing was lost: the fault did not befall");
  assert.ok(insufficient + notRecovered > 0, "nobody was told");
}

const mockForgets = "the mock keeps nothing over a restart";

const engineFaults: readonly EngineFault[] = [
  {
    name: "killed and started again while publishing goes on: nothing acknowledged is lost, nobody is told anything",
    befall: async (world, engine) => {
      await engine.kill();
      await engine.restart();
      await world.flow();
    },
    expect: nothingLost,
    long: ["RabbitMQ"],
    cannot: { Kafka: mockForgets },
    redis: "held",
  },
  {
    name: "started again empty: every client is told",
    befall: async (_world, engine) => {
      await engine.kill();
      await engine.restart();
    },
    expect: lostAndTold,
    cannot: { NATS: "the same as an older copy, below", RabbitMQ: "the same as an older copy, below" },
    redis: "held",
  },
  {
    name: "stands still for 5 s: nothing is lost",
    befall: async (_world, engine) => {
      engine.signal("SIGSTOP");
      await delay(5_000);
      engine.signal("SIGCONT");
    },
    expect: nothingLost,
    long: ["RabbitMQ", "Kafka"],
    redis: "held",
  },
  {
    name: "connections are cut again and again: what was missed is healed, nobody is told anything",
    befall: async ({ proxies }, engine) => {
      for (let round = 0; round < 8; round++) {
        if (engine.cut === undefined) proxies[round % 2]?.cut();
        else engine.cut();
        await delay(150 + Math.random() * 250);
      }
    },
    expect: nothingLost,
    long: ["Kafka"],
    redis: "held",
  },
  {
    name: "an older copy of its files is put back: whoever saw more is told",
    befall: async (world, engine) => {
      const copy = join(world.folder, "copy");
      await engine.kill();
      engine.save(copy);
      await engine.restart();
      await world.flow(150);
      await engine.kill();
      engine.putBack(copy);
      await engine.restart();
    },
    expect: lostAndTold,
    long: ["RabbitMQ"],
    cannot: { Kafka: "the mock has no files; shown with a log in memory (log-faults.rules.test.ts)" },
    redis: "held",
  },
  {
    name: "a hub node is killed under load and comes again: its clients go to the other, nothing is lost",
    befall: async (world) => {
      await world.node(0).kill();
      await world.flow(100);
      await world.node(0).start();
      await world.flow();
    },
    expect: nothingLost,
    long: ["RabbitMQ", "Kafka"],
    redis: "held",
  },
  {
    name: "a node is cut off from the engine: it is not ready, closes after 5 s, admits nobody, and knows what was revoked before it serves again",
    play: cutOff,
    long: ["RabbitMQ"],
    cannot: { Kafka: "the mock names its own address to the clients: one node alone cannot be cut off" },
    redis: "held",
  },
];

/** How a test is called: the page and the suites say the same. */
export const testName = (fault: EngineFault, engine: Engine): string => `${engine.name}: ${fault.name}`;

/** The table of docs/brokers/faults.md, as it follows from the tests. */
export function faultTable(): string {
  const rows = engineFaults.map((fault) => {
    const cells = engines.map(({ name }) => fault.cannot?.[name] ?? (fault.long?.includes(name) === true ? "held (full)" : "held"));
    return `| ${[fault.name, fault.redis, ...cells].join(" | ")} |`;
  });
  const names = engines.map(({ name }) => (name === "Kafka" ? "Kafka (mock)" : name));
  return [`| fault | ${["Redis", ...names].join(" | ")} |`, `|---|---${"|---".repeat(names.length)}|`, ...rows].join("\n");
}

/** The cells that belong to a suite. */
export function cellsOf(suite: "engines" | "full"): { readonly fault: EngineFault; readonly engine: Engine }[] {
  return engines.flatMap((engine) =>
    engineFaults
      .filter(({ cannot, long }) => cannot?.[engine.name] === undefined && (suite === "full" || long?.includes(engine.name) !== true))
      .map((fault) => ({ fault, engine })),
  );
}

/** Plays one cell of the table with the clients of a seed. */
export async function playCell(t: TestContext, fault: EngineFault, engine: Engine, seed: number): Promise<void> {
  if (fault.play !== undefined) return await fault.play(t, engine);
  const store = await engine.start(t);
  const world = await World.onEngine(t, store.port, store.addressOf);
  const { held, settled, counts, violations } = await world.verify(seed, async () => await fault.befall?.(world, store));
  t.diagnostic(`seed ${seed}: ${JSON.stringify(counts)}`);
  const [first] = violations;
  assert.ok(held, `seed ${seed}: ${violations.length} violations; the first: ${first?.kind}: ${first?.text}\n${first?.context.join("\n")}`);
  assert.ok(settled, `seed ${seed}: not everyone came back and up to date`);
  assert.ok(counts.acknowledged > 60, `seed ${seed}: only ${counts.acknowledged} messages were stored`);
  fault.expect?.(counts);
}
