// Holds every relative link of the Markdown pages to a file or folder that is there, every #anchor to a heading of its page, and every page of docs/ to a link.
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { filesLike } from "./files.mjs";
import { root } from "./terminal.mjs";

const pages = ["*.md", "docs/**/*.md", "packages/*/README.md", "examples/**/*.md", "bench/**/*.md", "conformance/**/*.md"];
const fence = /^ {0,3}(?:```|~~~)/;
const link = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s+(\S+)|\b(?:href|src)="([^"]+)"/g;

/** The addresses that a page links to, as they stand in it; code is passed over. */
export function linksOf(text) {
  const prose = withoutFences(text).replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, "");
  return prose.split("\n").flatMap((line) => [...line.matchAll(link)].map((match) => match[1] ?? match[2] ?? match[3]));
}

/** The anchors of a page, made of its headings as GitHub makes them; a second heading of the same words gets `-1`. */
export function anchorsOf(text) {
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map((match) => match[1]));
  for (const [, heading] of withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = slugOf(heading);
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

function slugOf(heading) {
  const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
  return words
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, "")
    .replaceAll(" ", "-");
}

function withoutFences(text) {
  let inside = false;
  const kept = text.split("\n").filter((line) => {
    const mark = fence.test(line);
    if (mark) inside = !inside;
    return !mark && !inside;
  });
  return kept.join("\n");
}

/** What is wrong with the links of `pages` (path -> text), as lines for people. `exists(path)` tells whether a file or folder is there. */
export function deadLinks(pages, exists) {
  const problems = [];
  for (const [path, text] of pages) {
    for (const address of linksOf(text)) {
      if (isElsewhere(address)) continue;
      const fault = faultOf(address, path, pages, exists);
      if (fault !== undefined) problems.push(`${path}: ${address} ${fault}`);
    }
  }
  return problems;
}

/** Whether it is another site's address, or a path of a server. */
const isElsewhere = (address) => /^(?:[a-z][a-z+.-]*:|\/)/i.test(address);

function targetOf(address, from) {
  const [file] = decodeURI(address).split("#");
  return file === "" ? from : posix.join(posix.dirname(from), file).replace(/\/$/, "");
}

function faultOf(address, from, pages, exists) {
  const anchor = decodeURI(address).split("#")[1];
  const target = targetOf(address, from);
  if (target.startsWith("..") || !exists(target)) return `leads to ${target}, which is not there`;
  if (anchor === undefined || !pages.has(target)) return undefined;
  return anchorsOf(pages.get(target)).has(anchor) ? undefined : `names a heading that ${target} does not have`;
}

/** The pages of docs/ that no chain of links from README.md leads to, as lines for people. */
export function unreachedPages(pages) {
  const reached = new Set(["README.md"]);
  for (const path of reached) {
    for (const address of linksOf(pages.get(path))) {
      if (isElsewhere(address)) continue;
      const target = targetOf(address, path);
      const page = [target, `${target}/README.md`].find((name) => pages.has(name));
      if (page !== undefined) reached.add(page);
    }
  }
  const left = [...pages.keys()].filter((path) => path.startsWith("docs/") && !reached.has(path));
  return left.map((path) => `${path}: no link leads to it from README.md`);
}

/** Every dead link of the checkout's pages, and every page of docs/ that nobody finds. */
export function checkLinks() {
  const texts = new Map(filesLike(...pages).map((path) => [path, readFileSync(join(root, path), "utf8")]));
  return [...deadLinks(texts, (path) => existsSync(join(root, path))), ...unreachedPages(texts)];
}
