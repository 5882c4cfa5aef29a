import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../../scripts/packages.mjs";
import { root } from "../../scripts/terminal.mjs";

/** An empty npm project in a temporary folder, with the house's tarballs installed as a user would install them. */
export interface Project {
  readonly folder: string;
  /** Writes a file into the project. */
  write(name: string, text: string): Promise<void>;
  /** Runs `node ARGS` in it and resolves with the exit code and all output. */
  node(...args: string[]): Promise<{ code: number; output: string }>;
  /** Starts `node ARGS` and resolves once it printed `ready`. */
  serve(ready: RegExp, ...args: string[]): Promise<Served>;
  remove(): Promise<void>;
}

/** A program that runs in the project. */
export interface Served {
  output(): string;
  /** Ends it. */
  stop(): Promise<void>;
  /** Ends it as Ctrl-C does, and resolves with its exit code; `null` when it had to be killed. */
  interrupt(): Promise<number | null>;
}

/** Packs every public package and installs the tarballs into an empty project. No script of any package runs: what works here needs none. */
export async function emptyProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "openline-packed-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "empty-project", private: true }));
  const tarballs = [...(await pack(folder)).values()];
  const install = await run(folder, "npm", [
    "install",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    ...tarballs,
  ]);
  if (install.code !== 0) throw new Error(`npm install of the tarballs exited with ${install.code}: ${install.output}`);
  return {
    folder,
    write: (name, text) => writeFile(join(folder, name), text),
    node: (...args) => run(folder, process.execPath, args),
    serve: (ready, ...args) => serve(folder, ready, args),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Type-checks a file of the project with the house's compiler. */
export function typeCheck(project: Project, file: string): Promise<{ code: number; output: string }> {
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck", "false"];
  const types = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
  return project.node(join(root, "node_modules/typescript/bin/tsc"), ...options, ...types, file);
}

function run(cwd: string, command: string, args: string[]): Promise<{ code: number; output: string }> {
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

function serve(cwd: string, ready: RegExp, args: string[]): Promise<Served> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, timeout: 60_000 });
    let output = "";
    const closed = new Promise<number | null>((done) => child.once("close", (code) => done(code)));
    const stop = async (): Promise<void> => {
      child.kill();
      await closed;
    };
    const interrupt = async (): Promise<number | null> => {
      child.kill("SIGINT");
      return await closed;
    };
    const collect = (chunk: Buffer): void => {
      output += String(chunk);
      if (ready.test(output)) resolve({ output: () => output, stop, interrupt });
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("close", (code) => reject(new Error(`it ended with ${code} before it was ready: ${output}`)));
  });
}
