import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** A program or library that tests use for real. `npm test` puts it there (scripts/debian.mjs); `reason` says why a test without it is skipped. */
export type Program =
  | { readonly path: string; readonly env: Readonly<Record<string, string>> }
  | { readonly path: undefined; readonly reason: string };

/**
 * Finds a real program: on the `PATH`, or in the cache where `npm test` unpacks Debian's packages (`$OPENLINE_CACHE`, else
 * `~/.cache/openline`, below `debian/NAME`). Start it with `env` added, so that it finds the libraries that were unpacked with it.
 */
export function findProgram(name: string): Program {
  const unpacked = join(cacheFolder(), "debian", name);
  for (const folder of (process.env["PATH"] ?? "").split(delimiter).concat("/usr/sbin", "/sbin")) {
    if (existsSync(join(folder, name))) return { path: join(folder, name), env: {} };
  }
  for (const folder of ["usr/bin", "usr/sbin", "bin", "sbin"]) {
    const path = join(unpacked, folder, name);
    if (existsSync(path)) return { path, env: { LD_LIBRARY_PATH: libraryPath(unpacked) } };
  }
  return missing(name);
}

/**
 * Finds a file of Debian's package `name`, or of one that was unpacked with it, by its `path` below the root: on this machine, or in the
 * cache where `npm test` unpacks Debian's packages.
 */
export function findLibrary(name: string, path: string): Program {
  const unpacked = join(cacheFolder(), "debian", name);
  if (existsSync(join("/", path))) return { path: join("/", path), env: {} };
  if (existsSync(join(unpacked, path))) return { path: join(unpacked, path), env: { LD_LIBRARY_PATH: libraryPath(unpacked) } };
  return missing(name);
}

/** Where the house keeps what is dear to make twice, and may be deleted at any time: `$OPENLINE_CACHE`, else `~/.cache/openline`. */
export function cacheFolder(): string {
  return process.env["OPENLINE_CACHE"] ?? join(homedir(), ".cache/openline");
}

function missing(name: string): Program {
  return { path: undefined, reason: `${name} is not installed: \`npm test\` fetches it from Debian's packages when it may` };
}

const machines: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

function libraryPath(unpacked: string): string {
  const machine = machines[process.arch] ?? "";
  return [join(unpacked, "usr/lib", machine), join(unpacked, "lib", machine), process.env["LD_LIBRARY_PATH"] ?? ""]
    .filter(Boolean)
    .join(delimiter);
}
