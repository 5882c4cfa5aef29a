// `npm run bench -- workers [--workers 4] [--rounds 3] [--seconds 6]`: R1, processor time for one opening handshake with one worker and with several, primary
// included, and beside it one process without a primary. A minute or two; what else the machine does falsifies it, so the rounds take turns. Ends with 1 where
// several workers cost more than the bound. The result stands in docs/operations.md, "Several processes".
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { obtainGenerator } from "./harness/installed.ts";
import { median } from "./harness/statistics.ts";
import { type HandshakeCost, measureHandshakes } from "./workers/handshake-cost.ts";

const { values } = parseArgs({
  options: {
    workers: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "6" },
    warmup: { type: "string", default: "20000" },
  },
});
/** How much dearer a handshake may be with several workers than with one (R1). */
const mostRatio = 1.25;

const generator = await obtainGenerator();
if ("reason" in generator) throw new Error(generator.reason);
const crews = [undefined, 1, Number(values.workers)];
const costs = crews.map((): HandshakeCost[] => []);
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [index, workers] of crews.entries()) {
    const timing = { warmup: Number(values.warmup), seconds: Number(values.seconds) };
    costs[index]?.push(await measureHandshakes({ generator: generator.path, workers, ...timing }));
  }
}
const figures = costs.map((rounds) => median(rounds.map(({ microseconds }) => microseconds)));
for (const [index, workers] of crews.entries()) {
  const name = workers === undefined ? "one process" : `${workers} worker${workers === 1 ? "" : "s"}`;
  const primary = median((costs[index] ?? []).map(({ primaryMicroseconds }) => primaryMicroseconds));
  process.stdout.write(
    `${name.padEnd(12)} ${(figures[index] ?? 0).toFixed(1)} µs of processor time a handshake, ${primary.toFixed(1)} of it the primary's\n`,
  );
}
const [alone = 0, one = 0, several = 0] = figures;
process.stdout.write(
  `Node ${process.versions.node}, ${cpus().length} cores: ${values.workers} workers cost ${(several / one).toFixed(2)} times what one does (R1: at most ${mostRatio}), ` +
    `and ${(several / alone).toFixed(2)} times what one process without a primary does\n`,
);
if (several > one * mostRatio) process.exitCode = 1;
