import { type Contestant, contestants, quickContestants } from "./contestants.ts";
import { type Workload, workloads } from "./workloads.ts";

/** What a run will do. */
export interface Plan {
  readonly workloads: readonly Workload[];
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  readonly warmup: number;
  readonly seconds: number;
  /** No round begins that would not end within this time. */
  readonly limitMs: number;
  /** Whether our server is profiled in the workloads whose goal it missed. */
  readonly profiles: boolean;
  /** Whether docs/performance.md and its pictures are written anew. */
  readonly writesPage: boolean;
  /** Name of the file in bench/results, without `.json`. */
  readonly resultName: string;
}

/** A word of the command line that means nothing. */
export class PlanError extends Error {}

const planHelp = `npm run bench -- comparison [options]
  --quick            Openline, ws + bufferutil and Bun, three short rounds, under five minutes
  --rounds N         5 (quick: 3)
  --seconds S        1.5 (quick: 0.8), measured in each run
  --workloads A,B    some of: ${workloads.map(({ id }) => id).join(" ")}
  --contestants A,B  some of: ${contestants.map(({ id }) => id).join(" ")}
  --profile          show where the time goes in workloads whose goal was missed; without options it is shown always
  --page             write docs/performance.md too; without options it is written always`;

/** Reads the words behind `comparison`. @throws PlanError for a word or value that means nothing */
export function readPlan(words: readonly string[]): Plan {
  const given = readWords(words);
  const quick = given.has("--quick");
  const chosen = choose(workloads, given.get("--workloads"), "workload") ?? workloads.filter((workload) => !quick || workload.quick);
  const runners =
    choose(contestants, given.get("--contestants"), "contestant") ??
    contestants.filter(({ id }) => !quick || quickContestants.includes(id));
  const isWhole = given.size === 0;
  return {
    workloads: chosen,
    contestants: runners,
    rounds: readNumber(given, "--rounds", quick ? 3 : 5),
    warmup: quick ? 0.6 : 0.8,
    seconds: readNumber(given, "--seconds", quick ? 0.8 : 1.5),
    limitMs: quick ? 270_000 : Number.POSITIVE_INFINITY,
    profiles: isWhole || given.has("--page") || given.has("--profile"),
    writesPage: isWhole || given.has("--page"),
    resultName: isWhole || given.has("--page") ? "latest" : quick ? "quick" : "partial",
  };
}

/** Whether that round will end within the limit, if it takes as long as those before it on average. The first always runs. */
export function hasTimeFor(round: number, elapsedMs: number, limitMs: number): boolean {
  return round === 1 || (elapsedMs / (round - 1)) * round <= limitMs;
}

const switches = new Set(["--quick", "--page", "--profile"]);
const settings = new Set(["--rounds", "--seconds", "--workloads", "--contestants"]);

function readWords(words: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (switches.has(word)) given.set(word, "");
    else if (settings.has(word)) given.set(word, words[(at += 1)] ?? "");
    else throw new PlanError(`${word} is no option of the comparison\n${planHelp}`);
  }
  return given;
}

function readNumber(given: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const text = given.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new PlanError(`${name} must be a number above 0, not ${JSON.stringify(text)}`);
  return value;
}

function choose<T extends { readonly id: string }>(all: readonly T[], names: string | undefined, what: string): T[] | undefined {
  if (names === undefined) return undefined;
  return names.split(",").map((name) => {
    const found = all.find(({ id }) => id === name);
    if (!found) throw new PlanError(`${JSON.stringify(name)} is no ${what}; there are ${all.map(({ id }) => id).join(", ")}`);
    return found;
  });
}
