// `npm run check`: format, lint, types, arrows, one test file per source file, unused code, links, packages. `--fix` mends the format.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkArrows } from "./arrows.mjs";
import { build } from "./build.mjs";
import { checkCliPage } from "./cli-page.mjs";
import { checkConformance } from "./conformance-page.mjs";
import { checkContributing } from "./contributing.mjs";
import { checkLinks } from "./links.mjs";
import { checkPackages } from "./packages.mjs";
import { checkRequirements } from "./requirements.mjs";
import { green, red, root, run, say, since } from "./terminal.mjs";
import { checkTestMap } from "./test-map.mjs";

const both = (first, second) => async () => [...(await first()), ...(await second())];

const tool =
  (name, ...args) =>
  async () => {
    const { code, output } = await run(join(root, "node_modules/.bin", name), args, { capture: true });
    return code === 0 ? [] : [output.trim()];
  };

/** name -> what is wrong, as lines for people */
const checks = {
  format: tool("biome", "check", ...(process.argv.includes("--fix") ? ["--write"] : []), "--max-diagnostics=50", "."),
  lint: tool("oxlint", "--type-aware", "--quiet"),
  types: both(tool("tsc", "-p", "tsconfig.tests.json"), tool("tsc", "-p", "tsconfig.page-tests.json")),
  unused: tool("knip", "--no-progress"),
  arrows: checkArrows,
  "test files": checkTestMap,
  contributing: checkContributing,
  conformance: checkConformance,
  "command line": checkCliPage,
  requirements: checkRequirements,
  links: checkLinks,
  packages: checkPackages,
};

/** Runs every check on a built tree and resolves with `{ name, problem? }` for each. */
export async function check() {
  const results = [];
  for (const [name, look] of Object.entries(checks)) {
    const from = Date.now();
    const problems = await look();
    say(`${problems.length === 0 ? green("✓") : red("✗")} ${name} (${since(from)})`);
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    results.push(problems.length === 0 ? { name } : { name, problem: problems[0] });
  }
  return results;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await build();
  const failed = (await check()).filter(({ problem }) => problem !== undefined);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
