// What the comparison needs beside the house's own packages: fetched or compiled into the cache at first use, and announced.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder, findLibrary, findProgram } from "@openline/testkit";
import { ensurePrograms } from "../../scripts/debian.mjs";
import { run, say } from "../../scripts/terminal.mjs";
import type { Part } from "./contestants.ts";

/** Exact versions: another version is another benchmark. */
export const nodeModules = { ws: "8.23.0", bufferutil: "4.1.0", "socket.io": "4.8.4" };
export const bunVersion = "1.4.5";

/** A path (of a program, or of a folder of packages), or why it cannot be had. */
export type Had = { readonly path: string } | { readonly reason: string };

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(cacheFolder(), "bench");

/** Gets one part; what is there already is not fetched again. */
export function obtain(part: Part): Promise<Had> {
  return sources[part]();
}

const sources: Record<Part, () => Promise<Had>> = {
  "node-modules": () => installPackages("node", nodeModules),
  bun: installBun,
  gorilla: buildGorilla,
  "redis-server": findRedis,
  "raw-epoll": () => compile("raw-epoll", [join(bench, "servers/raw-epoll.c")], [[]]),
};

/** The load generator, with as much as the machine has headers for: TLS (OpenSSL), permessage-deflate (zlib). */
export async function obtainGenerator(): Promise<Had & { readonly features?: readonly string[] }> {
  const folder = join(bench, "load");
  const deflate = ["-DWITH_DEFLATE", "-lz"];
  const tls = ["-DWITH_TLS", "-lssl", "-lcrypto"];
  const files = readdirSync(folder).map((file) => join(folder, file));
  const had = await compile("load", files, [[...deflate, ...tls], deflate, tls, []]);
  if ("reason" in had) return had;
  return { ...had, features: spawnSync(had.path, ["features"], { encoding: "utf8" }).stdout.split("\n").filter(Boolean) };
}

/** A certificate for wss rows in `folder`. Resolves with a reason when there is no `openssl`. */
export async function makeCertificate(folder: string): Promise<Had> {
  const subject = ["-subj", "/CN=localhost", "-days", "2", "-nodes"];
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  const { code } = await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...subject, ...files], { capture: true });
  return code === 0 ? { path: folder } : { reason: "no certificate: the program openssl is missing" };
}

/** The packages in a folder of the cache, below `node_modules`. */
export async function installPackages(name: string, packages: Readonly<Record<string, string>>): Promise<Had> {
  const manifest = JSON.stringify({ private: true, dependencies: packages });
  const folder = join(cache, `${name}-${digestOf([manifest])}`);
  if (existsSync(folder)) return { path: folder };
  const list = Object.entries(packages).map(([each, version]) => `${each}@${version}`);
  if (process.env["OPENLINE_NO_INSTALL"] === "1")
    return { reason: `${list.join(", ")} are not there and OPENLINE_NO_INSTALL=1 forbids to fetch them` };
  say(`fetching ${list.join(", ")} into ${cache} …`);
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, "package.json"), manifest);
  // No install scripts: bufferutil brings its binary in the package, Bun in a package for each platform.
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { code, output } = await run("npm", ["install", ...quiet], { cwd: partial, capture: true, timeoutMs: 300_000 });
  if (code === 0) renameSync(partial, folder);
  else rmSync(partial, { recursive: true, force: true });
  return code === 0 ? { path: folder } : { reason: `npm install ${list.join(" ")} failed: ${lastLine(output)}` };
}

async function installBun(): Promise<Had> {
  const had = await installPackages("bun", { bun: bunVersion });
  if ("reason" in had) return had;
  const platforms = join(had.path, "node_modules/@oven");
  const programs = existsSync(platforms) ? readdirSync(platforms).map((folder) => join(platforms, folder, "bin/bun")) : [];
  const path = programs.find((program) => spawnSync(program, ["--version"]).status === 0);
  return path === undefined ? { reason: "the package bun brought no program that runs here" } : { path };
}

/** Compiles C into the cache, by the digest of sources and machine; of the `choices` of options the first that works. */
async function compile(name: string, sources: readonly string[], choices: readonly (readonly string[])[]): Promise<Had> {
  const compiler = ["cc", "gcc", "clang"].find((each) => spawnSync(each, ["--version"]).status === 0);
  const texts = sources.map((file) => readFileSync(file, "utf8"));
  const path = join(cache, `${name}-${digestOf([...texts, process.arch, compiler ?? ""])}`);
  if (existsSync(path)) return { path };
  if (compiler === undefined) return { reason: `no C compiler (cc, gcc or clang) for ${name}` };
  mkdirSync(cache, { recursive: true });
  say(`compiling ${name} …`);
  const partial = `${path}.${process.pid}`;
  const files = sources.filter((file) => file.endsWith(".c"));
  let problem = "";
  for (const choice of choices) {
    const options = ["-O3", "-march=native", "-std=gnu17", "-D_GNU_SOURCE", ...choice.filter((each) => each.startsWith("-D"))];
    const libraries = choice.filter((each) => each.startsWith("-l"));
    const { code, output } = await run(compiler, [...options, ...files, "-o", partial, ...libraries], { capture: true });
    problem = lastLine(output);
    if (code !== 0) continue;
    renameSync(partial, path);
    return { path };
  }
  return { reason: `${compiler} cannot compile ${name}: ${problem}` };
}

/** Debian's Redis, as the tests have it. Start it with the environment of `findProgram`. */
async function findRedis(): Promise<Had> {
  const missing: Readonly<Record<string, string>> = await ensurePrograms(["redis-server"]);
  const program = findProgram("redis-server");
  return program.path === undefined ? { reason: Object.values(missing)[0] ?? program.reason } : { path: program.path };
}

/** `{ Redis: "7.0.15" }`; nothing without a Redis. */
export function redisVersion(path: string | undefined): Readonly<Record<string, string>> {
  const program = findProgram("redis-server");
  if (path === undefined || program.path === undefined) return {};
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8", env: { ...process.env, ...program.env } });
  const version = / v=(\S+)/.exec(stdout)?.[1];
  return version === undefined ? {} : { Redis: version };
}

async function buildGorilla(): Promise<Had> {
  const source = join(bench, "servers/gorilla/server.go");
  const path = join(cache, `gorilla-${digestOf([readFileSync(source, "utf8")])}`);
  if (existsSync(path)) return { path };
  const missing: Readonly<Record<string, string>> = await ensurePrograms(["go", "gorilla-websocket"]);
  const [reason] = Object.values(missing);
  const go = findProgram("go");
  const library = findLibrary("gorilla-websocket", "usr/share/gocode/src/github.com/gorilla/websocket");
  if (reason !== undefined || go.path === undefined || library.path === undefined) return { reason: reason ?? "Go is not installed" };
  say("compiling the Go server …");
  mkdirSync(cache, { recursive: true });
  // Debian's `go` looks for its library where it would be installed; unpacked, it lies beside the program.
  const unpacked = resolve(go.path, "../../lib/go-1.19");
  const env = {
    ...go.env,
    ...(existsSync(unpacked) ? { GOROOT: unpacked } : {}),
    GO111MODULE: "off",
    CGO_ENABLED: "0",
    GOFLAGS: "",
    GOCACHE: join(cacheFolder(), "go-build"),
    GOPATH: library.path.slice(0, library.path.indexOf("/src/github.com/")),
  };
  const partial = `${path}.${process.pid}`;
  const { code, output } = await run(go.path, ["build", "-o", partial, source], { capture: true, env });
  if (code !== 0) return { reason: `go build failed: ${lastLine(output)}` };
  renameSync(partial, path);
  return { path };
}

const digestOf = (texts: readonly string[]): string => createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
