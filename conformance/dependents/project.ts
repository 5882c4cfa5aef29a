import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run as runAtRoot } from "../../scripts/terminal.mjs";
import { endpointName } from "../interop/endpoint.ts";

/** The dependents of `ws` that are tried, and what they need beside them. */
const dependencies = {
  aedes: "1.2.0",
  express: "5.3.0",
  "express-ws": "5.0.2",
  graphql: "16.15.0",
  "graphql-ws": "6.4.2",
  mqtt: "5.16.0",
  "puppeteer-core": "24.43.1",
  "socket.io": "4.8.4",
  "socket.io-client": "4.8.4",
};

/** What a program ended with. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** An npm project of dependents of `ws`, in a temporary folder. */
export interface Project {
  /** Runs one of `programs/` in it. */
  readonly run: (program: string, ...args: readonly string[]) => Promise<Ended>;
  /** Names of the packages that stand where a dependent looks for `ws`, by folder. */
  readonly standIns: () => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

/**
 * Installs the dependents with our tarball in the place of every `ws`, as npm's `overrides` do it for a user. With `OPENLINE_ENDPOINT=ws`
 * they get the real one. @throws Error with what npm said
 */
export async function startProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "openline-dependents-"));
  const manifest = { name: "dependents", private: true, ...(endpointName === "ws" ? withReal() : await withOurs(folder)) };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2));
  const install = await run(folder, "npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (install.code !== 0) throw new Error(`npm install exited with ${install.code}: ${install.output}`);
  await cp(join(dirname(fileURLToPath(import.meta.url)), "programs"), folder, { recursive: true });
  return {
    run: (program, ...args) => run(folder, process.execPath, [program, ...args]),
    standIns: () => standIns(folder),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

interface Packed {
  readonly name: string;
  readonly filename: string;
}

const withReal = (): object => ({ dependencies: { ...dependencies, ws: "^8.23.0" } });

async function withOurs(folder: string): Promise<object> {
  const workspaces = ["packages/protocol", "packages/ws"].map((workspace) => `--workspace=${workspace}`);
  const packing = await runAtRoot("npm", ["pack", "--json", "--loglevel=error", `--pack-destination=${folder}`, ...workspaces], {
    capture: true,
  });
  if (packing.code !== 0) throw new Error(`npm pack exited with ${packing.code}: ${packing.output}`);
  const packed = Object.values(JSON.parse(packing.output.slice(packing.output.search(/^[[{]/m))) as Record<string, Packed>);
  const file = (name: string): string => `file:./${packed.find((one) => one.name === name)?.filename}`;
  return {
    dependencies: { ...dependencies, ws: file("@openline/ws"), "@openline/protocol": file("@openline/protocol") },
    overrides: { ws: file("@openline/ws") },
  };
}

async function standIns(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder, { recursive: true });
  const found = files.filter((path) => /(^|[\\/])node_modules[\\/]ws[\\/]package\.json$/.test(path));
  return Promise.all(found.map(async (path) => (JSON.parse(await readFile(join(folder, path), "utf8")) as { readonly name: string }).name));
}

function run(cwd: string, command: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, timeout: 60_000 });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output += String(chunk);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", (error) => resolve({ code: 127, output: String(error) }));
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
