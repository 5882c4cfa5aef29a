// `node --import=tsx conformance/rolling/run.ts [--clients 2000] [--per-second 300] [--spread-ms 5000]`: plays the rolling restart and writes docs/rolling-restart.md and its picture.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { rollingPage, rollingPlot } from "./report.ts";
import { rollingRestart } from "./rolling.ts";
import { assertRolling } from "./verdict.ts";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "2000" },
    "per-second": { type: "string", default: "300" },
    "spread-ms": { type: "string", default: "5000" },
  },
});
const run = await rollingRestart({
  clients: Number(values.clients),
  perSecond: Number(values["per-second"]),
  spreadMs: Number(values["spread-ms"]),
  rate: 50,
  say: (line) => process.stdout.write(`${line}\n`),
});
const docs = join(import.meta.dirname, "../../docs");
mkdirSync(join(docs, "performance"), { recursive: true });
const day = new Date().toISOString().slice(0, 10);
const taken = `Measured on ${day}, Node ${process.versions.node}, ${cpus().length} cores for the nodes, HAProxy, Redis and the clients together.`;
writeFileSync(join(docs, "rolling-restart.md"), rollingPage(run, taken));
writeFileSync(join(docs, "performance/rolling-restart.svg"), rollingPlot(run));
process.stdout.write(`${JSON.stringify({ ...run.tally, mostInASecond: run.mostInASecond })}\n`);
assertRolling(run);
