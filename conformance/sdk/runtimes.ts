import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bunVersion, type Had, installPackages } from "../../bench/harness/installed.ts";

/** Another JavaScript runtime with the program that an npm package brings for this platform. */
export interface Runtime {
  readonly name: "Bun" | "Deno";
  /** What stands before the script's name. */
  readonly flags: readonly string[];
  /** Fetches it into the cache at first use. */
  obtain(): Promise<Had>;
}

export const runtimes: readonly Runtime[] = [
  { name: "Bun", flags: ["run"], obtain: () => fetched("bun", bunVersion, "@oven", "bin/bun") },
  {
    name: "Deno",
    flags: ["run", "--quiet", "--no-lock", "--node-modules-dir=manual", "--allow-net", "--allow-read", "--allow-env"],
    obtain: () => fetched("deno", "2.9.6", "@deno", "deno"),
  },
];

async function fetched(name: string, version: string, scope: string, file: string): Promise<Had> {
  const had = await installPackages(name, { [name]: version });
  if ("reason" in had) return had;
  const platforms = join(had.path, "node_modules", scope);
  const programs = existsSync(platforms) ? readdirSync(platforms).map((folder) => join(platforms, folder, file)) : [];
  const path = programs.find((program) => spawnSync(program, ["--version"]).status === 0);
  return path === undefined ? { reason: `the package ${name} brought no program that runs here` } : { path };
}
