// Holds docs/requirements.md to the tests that it names: each file is there and has a test of that name, and no requirement is left out.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./terminal.mjs";

const count = 26;

/** What is wrong with the page, as lines for people. */
export function checkRequirements() {
  return wrongRequirements(readFileSync(join(root, "docs/requirements.md"), "utf8"), readText);
}

const readText = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined);

/** What is wrong with a page; `read` gives a path's text, or undefined. */
export function wrongRequirements(page, read) {
  const sections = new Map(page.split(/^## /m).map((section) => [section.split("\n", 1)[0], section]));
  return Array.from({ length: count }, (_, index) => `R${index + 1}`).flatMap((id) => {
    const lines = sections.get(id)?.match(/^- .*$/gm) ?? [];
    if (lines.length === 0) return [`docs/requirements.md says nothing of ${id}`];
    return lines.flatMap((line) => wrongLine(id, line, read));
  });
}

function wrongLine(id, line, read) {
  if (line.startsWith("- Open: ")) return /\((?:part \d\)|no part yet)/.test(line) ? [] : [`${id}: no part brings what is open: ${line}`];
  const [, path, target, name] = /^- \[(.+)\]\(\.\.\/(.+)\): `(.+)`$/.exec(line) ?? [];
  if (path === undefined || path !== target) return [`${id}: neither a test nor open: ${line}`];
  const text = read(path);
  if (text === undefined) return [`${id}: there is no ${path}`];
  // A name that ends in … goes on with the case of a table; every other one ends with its quote.
  const isThere = name.endsWith("…")
    ? text.includes(name.slice(0, -1))
    : ['"', "'", "`"].some((quote) => text.includes(quote + name + quote));
  return isThere ? [] : [`${id}: ${path} has no test named ${JSON.stringify(name)}`];
}
