// Files of the checkout by glob: `*` within a folder, `**/` over folders. Node 20 has no glob of its own.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./terminal.mjs";

const passedOver = new Set(["node_modules", "dist", ".git", ".cache"]);

/** Paths below the checkout (with `/`) that fit one of the patterns, sorted. */
export function filesLike(...patterns) {
  const tests = patterns.map(toExpression);
  return walk("").filter((path) => tests.some((test) => test.test(path)));
}

function toExpression(pattern) {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("**/", "\u0000")
    .replaceAll("*", "[^/]*")
    .replaceAll("\u0000", "(?:[^/]+/)*");
  return new RegExp(`^${source}$`);
}

function walk(folder) {
  const found = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (passedOver.has(entry.name)) continue;
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...walk(path));
    else found.push(path);
  }
  return found.toSorted();
}
