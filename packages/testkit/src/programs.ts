import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** A program that tests start for real. `npm test` puts it there (scripts/debian.mjs); `reason` says why a test without it is skipped. */
export type Program =
  | { readonly path: string; readonly env: Readonly<Record<string, string>> }
  | { readonly path: undefined; readonly reason: string };

/**
 * Finds a real program: on the `PATH`, or in the cache where `npm test` unpacks Debian's packages (`$OPENLINE_CACHE`, else
 * `~/.cache/openline`, below `debian/NAME`). Start it with `env` added, so that it finds the libraries that were unpacked with it.
 */
export function findProgram(name: string): Program {
  const unpacked = join(process.env["OPENLINE_CACHE"] ?? join(homedir(), ".cache/openline"), "debian", name);
  for (const folder of (process.env["PATH"] ?? "").split(delimiter).concat("/usr/sbin", "/sbin")) {
    if (existsSync(join(folder, name))) return { path: join(folder, name), env: {} };
  }
  for (const folder of ["usr/bin", "usr/sbin", "bin", "sbin"]) {
    const path = join(unpacked, folder, name);
    if (existsSync(path)) return { path, env: { LD_LIBRARY_PATH: libraryPath(unpacked) } };
  }
  return { path: undefined, reason: `${name} is not installed: \`npm test\` fetches it from Debian's packages when it may` };
}

const machines: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

function libraryPath(unpacked: string): string {
  const machine = machines[process.arch] ?? "";
  return [join(unpacked, "usr/lib", machine), join(unpacked, "lib", machine), process.env["LD_LIBRARY_PATH"] ?? ""]
    .filter(Boolean)
    .join(delimiter);
}
