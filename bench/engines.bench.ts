// `npm run bench -- engines [--rounds 3] [--seconds 4]`: what a message costs two nodes and the engine between them, and how many go through. Each
// engine in turn, round by round: what else the machine does falsifies it. docs/brokers/choosing.md shows a run.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { ensurePrograms } from "../scripts/debian.mjs";
import { type EngineCost, measuredEngines, measureEngine } from "./engines/engine-cost.ts";
import { median } from "./harness/statistics.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "3" }, seconds: { type: "string", default: "4" } } });
await ensurePrograms(["redis-server", "nats-server", "rabbitmq-server", "kcat"]);
const load = { seconds: Number(values.seconds), rooms: 100, inFlight: 200, bytes: 200 };
const able = measuredEngines.filter(({ name, skip }) => {
  if (skip !== undefined) process.stdout.write(`without ${name}: ${skip}\n`);
  return skip === undefined;
});
const costs = able.map((): EngineCost[] => []);
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [index, engine] of able.entries()) costs[index]?.push(await measureEngine(engine, load));
}
process.stdout.write(
  "| | messages/s | deliveries/s through two nodes | µs of both nodes per message | µs of the engine |\n|---|--:|--:|--:|--:|\n",
);
for (const [index, { name }] of able.entries()) {
  const rounds = costs[index] ?? [];
  const of = (key: keyof EngineCost, digits: number): string => median(rounds.map((cost) => cost[key])).toFixed(digits);
  const cells = [name, of("messagesPerSecond", 0), of("deliveriesPerSecond", 0), of("nodesMicroseconds", 1), of("engineMicroseconds", 1)];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
process.stdout.write(
  `\nNode ${process.versions.node}, ${cpus().length} cores: median of ${values.rounds} rounds of ${values.seconds} s, ${load.rooms} rooms, ${load.inFlight} publishes without an answer, ${load.bytes} bytes each\n`,
);
process.exit();
