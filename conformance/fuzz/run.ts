// `npm run fuzz -- [--target NAME] [--seed N] [--seconds S] [--count N] [--case FILE]`: the corpus, then seeds from N on until the time is over.
// A case that fails is made small and printed with the line that runs it again. Ends with 1 then.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { readCase, readCorpus } from "./corpus.ts";
import type { Target } from "./target.ts";
import { fuzz, targets } from "./targets.ts";
import { startWatchdog } from "./watchdog.mjs";

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    seed: { type: "string" },
    seconds: { type: "string" },
    count: { type: "string" },
    case: { type: "string" },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function numberOf(name: "seed" | "seconds" | "count", otherwise: number): number {
  const text = values[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`--${name} is ${text}: it must be a number of at least 0`);
  return value;
}

function chosen(): readonly Target[] {
  if (values.target === undefined) return targets;
  const found = targets.filter(({ name }) => name === values.target);
  if (found.length === 0)
    throw new RangeError(`--target is ${values.target}: it must be one of ${targets.map(({ name }) => name).join(", ")}`);
  return found;
}

async function runCases(): Promise<void> {
  const cases = values.case === undefined ? await readCorpus() : [await readCase(pathToFileURL(resolve(values.case)), values.case)];
  for (const each of cases) {
    const target = targets.find(({ name }) => name === each.target);
    if (target === undefined) throw new RangeError(`${each.name}: there is no target ${each.target}`);
    await target.run(each);
  }
  say(`corpus: ${cases.length} cases hold`);
}

async function runSeeds(): Promise<void> {
  const list = chosen();
  const from = numberOf("seed", Math.floor(Math.random() * 1e9));
  const count = numberOf("count", Number.POSITIVE_INFINITY);
  // Whoever asks for one seed wants that one, however long it takes.
  const milliseconds = (numberOf("seconds", Number.isFinite(count) ? 3600 : 20) * 1000) / list.length;
  const watchdog = startWatchdog(list.map(({ name }) => name));
  for (const target of list) {
    const began = performance.now();
    const done = await fuzz(target, { from, count, milliseconds, began: ({ name }, seed) => watchdog.began(name, seed) });
    say(`${target.name}: ${done} seeds from ${from} on hold (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  }
  await watchdog.stop();
}

try {
  if (values.target === undefined || values.case !== undefined) await runCases();
  if (values.case === undefined) await runSeeds();
} catch (error) {
  process.stderr.write(`${error instanceof Error && error.name === "Finding" ? error.message : String((error as Error).stack)}\n`);
  // Sockets of a case that failed may be left.
  process.exit(1);
}
process.exit(0);
