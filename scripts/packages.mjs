// Packs every public package and lets publint and "are the types wrong" look at the tarballs.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesLike } from "./files.mjs";
import { root, run } from "./terminal.mjs";

/** Folders and names of the packages that people install. */
export async function publicPackages() {
  const found = [];
  for (const path of filesLike("packages/*/package.json")) {
    const manifest = JSON.parse(await readFile(join(root, path), "utf8"));
    if (!manifest.private) found.push({ folder: path.replace("/package.json", ""), name: manifest.name });
  }
  return found;
}

/** Packs the public packages into `folder` and resolves with name -> path of the tarball. */
export async function pack(folder) {
  const packages = await publicPackages();
  const workspaces = packages.flatMap(({ folder: workspace }) => ["-w", workspace]);
  const { code, output } = await run("npm", ["pack", "--json", "--loglevel=error", `--pack-destination=${folder}`, ...workspaces], {
    capture: true,
  });
  if (code !== 0) throw new Error(`npm pack exited with ${code}: ${output}`);
  const packed = JSON.parse(output.slice(output.search(/^[[{]/m)));
  return new Map(Object.values(packed).map(({ name, filename }) => [name, join(folder, filename)]));
}

/** What publint and attw hold against the packages, as lines for people. */
export async function checkPackages() {
  const folder = await mkdtemp(join(tmpdir(), "openline-pack-"));
  const problems = [];
  try {
    for (const [name, tarball] of await pack(folder)) {
      for (const [tool, args] of [
        ["publint", ["run", "--strict", tarball]],
        ["attw", ["--profile", "esm-only", "--format", "ascii", tarball]],
      ]) {
        const { code, output } = await run(join(root, "node_modules/.bin", tool), args, { capture: true, env: { NO_COLOR: "1" } });
        if (code !== 0) problems.push(`${tool} on ${name}:\n${output.trim()}`);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return problems;
}
