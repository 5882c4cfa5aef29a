import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the built packages below `packages` amount to. Taken before and after a run: when they differ, the rounds measured different programs, and their
 * lowest is nobody's figure.
 */
export function buildDigest(packages: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(packages).toSorted()) {
    const folder = join(packages, name, "dist");
    if (!existsSync(folder)) continue;
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
    for (const file of files.toSorted()) hash.update(`${name}/${file}\0`).update(readFileSync(join(folder, file)));
  }
  return hash.digest("hex");
}
