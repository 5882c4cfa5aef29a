// `npm run bench -- startup [--starts 20]`: how long `openline --help` takes, beside Node itself. Writes docs/performance-startup.md. Under a minute.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { aimMs, figuresOf, type StartRow, startupPage } from "./startup/page.ts";
import { type StartTime, startTime } from "./startup/start-time.ts";

const { values } = parseArgs({ options: { starts: { type: "string", default: "20" } } });
const root = join(import.meta.dirname, "..");
const binary = join(root, "packages/cli/dist/main.js");
const contestants = [
  { name: "node -e 0", args: ["-e", "0"] },
  { name: "openline --version", args: [binary, "--version"], expected: /^\d+\.\d+\.\d+/ },
  { name: "openline --help", args: [binary, "--help"], expected: /Examples:/ },
  { name: "openline bench --help", args: [binary, "bench", "--help"], expected: /Scenarios:/ },
  { name: "openline serve --help", args: [binary, "serve", "--help"], expected: /--port/ },
];
const starts = contestants.map((): StartTime[] => []);
// The first round fills the disk's cache and counts for nothing.
for (let round = 0; round <= Number(values.starts); round++)
  for (const [index, { args, expected }] of contestants.entries()) {
    const took = await startTime(args, expected);
    if (round > 0) starts[index]?.push(took);
  }
const rows: StartRow[] = contestants.map(({ name }, index) => ({ name, starts: starts[index] ?? [] }));
for (const row of rows) {
  const { median, lowest, cpu } = figuresOf(row);
  process.stdout.write(
    `${row.name.padEnd(24)} median ${median.toFixed(0)} ms, lowest ${lowest.toFixed(0)} ms, ${cpu.toFixed(0)} ms of processor time\n`,
  );
}
process.stdout.write(`aim for openline --help: ${aimMs} ms\n`);
const day = new Date().toISOString().slice(0, 10);
const load = loadavg()[0]?.toFixed(1);
const taken = `Measured on ${day}, ${values.starts} starts each, Node ${process.versions.node}, ${cpus().length} cores, load ${load} (a load above the number of cores makes every start wait).`;
writeFileSync(join(root, "docs/performance-startup.md"), startupPage(rows, taken));
