// node --import tsx conformance/cases/run.ts [--write] [--only ID-PREFIX] [--agent NAME]
// Runs the cases against our endpoint and `ws`, prints what is not OK, and compares with the verdicts kept in git, or writes them.
import { pathToFileURL } from "node:url";
import { type Agent, openlineAgent, wsAgent } from "./agents.ts";
import type { Case, Side } from "./case.ts";
import { cases } from "./cases.ts";
import { fits, type Result, runCase } from "./runner.ts";
import { type Column, compare, type Row, readVerdicts, writeVerdicts } from "./verdicts.ts";

const sides: readonly Side[] = ["server", "client"];

/** Runs the cases on one side of one agent, some at a time, in order of their start. */
async function runSide(agent: Agent, side: Side, chosen: readonly Case[]): Promise<Map<string, Result>> {
  const results = new Map<string, Result>();
  const waiting = chosen.filter((each) => fits(each, side));
  const lane = async (): Promise<void> => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) results.set(each.id, await runCase(each, side, agent));
  };
  await Promise.all(Array.from({ length: 24 }, lane));
  return results;
}

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function main(): Promise<void> {
  const only = argument("--only") ?? "";
  const chosen = cases.filter((each) => each.id.startsWith(only));
  const wanted = [openlineAgent(), wsAgent()].filter((agent) => argument("--agent") === undefined || agent.name === argument("--agent"));
  const columns: { name: Column; results: Map<string, Result> }[] = [];
  for (const agent of wanted) {
    for (const side of sides) {
      const from = Date.now();
      const results = await runSide(agent, side, chosen);
      const name: Column = `${agent.name as "openline" | "ws"} ${side}`;
      columns.push({ name, results });
      say(name, results, Date.now() - from);
    }
    await agent.stop();
  }
  const rows: Row[] = chosen.map(({ id, title }) => {
    const verdicts = columns.map(({ name, results }) => [name, results.get(id)?.verdict ?? "–"] as const);
    return { id, title, verdicts: Object.fromEntries(verdicts) };
  });
  if (process.argv.includes("--write")) return await writeVerdicts(rows);
  const differences = compare(await readVerdicts(), rows);
  for (const difference of differences) console.log(difference);
  process.exitCode = differences.length === 0 ? 0 : 1;
}

function say(name: string, results: Map<string, Result>, ms: number): void {
  const count = { OK: 0, "non-strict": 0, failed: 0 };
  for (const [id, { verdict, why }] of results) {
    count[verdict]++;
    if (verdict !== "OK") console.log(`${name} ${id} ${verdict}: ${why}`);
  }
  console.log(`${name}: ${count.OK} OK, ${count["non-strict"]} non-strict, ${count.failed} failed in ${(ms / 1000).toFixed(1)} s`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
