// Parts of Debian's source packages, for what no binary package brings: only the archive with the sources is fetched, and only the parts
// that are wanted stay. Needs no root: apt works on lists of its own.
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./terminal.mjs";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
// The release alone, without what is newer: its versions stay as they are, and so do the tests that come out of them.
const archive = "http://deb.debian.org/debian bookworm main";

/**
 * What is taken out of a source package, and laid into a folder of its own.
 *
 * @typedef {object} SourceParts
 * @property {string} package name of the source package
 * @property {string} below folder of the archive that the others are named from, and that is left away
 * @property {readonly string[]} parts files and folders of it, with `*`
 * @property {Readonly<Record<string, readonly [string, string]>>} [mended] by file: what stands in it, and what stands there instead
 */

/**
 * Fetches the archive of a source package and lays the parts into `target`. Resolves with the reason when it cannot be had.
 *
 * @param {string} target
 * @param {SourceParts} source
 */
export async function unpackSource(target, source) {
  const partial = `${target}.${process.pid}`;
  const work = `${partial}.work`;
  try {
    await mkdir(join(work, "lists/partial"), { recursive: true });
    await mkdir(partial, { recursive: true });
    const { reason, path, version } = await fetchArchive(work, source.package);
    if (reason) return reason;
    const patterns = source.parts.map((part) => `*/${source.below}/${part}`);
    const depth = source.below.split("/").length + 1;
    const flags = ["--wildcards", `--strip-components=${depth}`, "-C", partial];
    const { code, output } = await run("tar", ["-xf", path, ...flags, ...patterns], { capture: true, timeoutMs: 900_000 });
    if (code !== 0) return `tar -xf ${path} failed: ${lastLine(output)}`;
    for (const [file, [from, to]] of Object.entries(source.mended ?? {})) {
      const text = await readFile(join(partial, file), "utf8");
      await writeFile(join(partial, file), text.replaceAll(from, to));
    }
    await writeFile(join(partial, "version"), `${version}\n`);
    await rm(target, { recursive: true, force: true });
    await rename(partial, target);
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(partial, { recursive: true, force: true });
  }
}

/** `{ path, version }` of the archive below `work`, or `{ reason }`. */
async function fetchArchive(work, name) {
  await writeFile(join(work, "sources.list"), `deb-src [signed-by=${keyring}] ${archive}\n`);
  const own = [
    `Dir::Etc::sourcelist=${join(work, "sources.list")}`,
    "Dir::Etc::sourceparts=/dev/null",
    `Dir::State::lists=${join(work, "lists")}`,
    `Dir::Cache=${work}`,
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  const update = await run("apt-get", [...own, "update", "-qq"], { capture: true, timeoutMs: 300_000 });
  if (update.code !== 0) return { reason: `apt-get update for sources failed: ${lastLine(update.output)}` };
  const plan = await run("apt-get", [...own, "source", "--print-uris", "--download-only", name], { capture: true, timeoutMs: 60_000 });
  const found = /^'([^']+)' (\S+_(\S+)\.orig\.tar\.\w+) \d+ (\S+)$/m.exec(plan.output);
  if (found === null) return { reason: `apt-get knows no archive of ${name}'s sources: ${lastLine(plan.output)}` };
  const [, address, file, version, sum] = found;
  const path = join(work, file);
  const download = await run("/usr/lib/apt/apt-helper", [...own, "download-file", address, path, sum], {
    capture: true,
    timeoutMs: 900_000,
  });
  return download.code === 0 ? { path, version } : { reason: `${address} cannot be fetched: ${lastLine(download.output)}` };
}

const lastLine = (text) => text.trim().split("\n").at(-1) ?? "";
