// One source file, one test file: names the sources without a test and the tests without a source.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesLike } from "./files.mjs";
import { root } from "./terminal.mjs";

/** Sources that hold nothing to test: they only pass on names or types. */
const passesOnOnly = /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(?:export|import)\s[^;]*\sfrom\s+"[^"]+";|export \{\};)*$/;
const typesOnly =
  /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/|import type [^;]*;|export type [^;]*;|export (?:declare )?interface [^{]*\{[\s\S]*?\n\})*$/;

/** What is unmapped in the house, as lines for people. */
export function checkTestMap() {
  return unmapped(
    filesLike("packages/*/src/**/*.ts", "packages/server/console/*.ts", "packages/*/test/**/*.test.ts", "scripts/**/*.mjs"),
    readText,
  );
}

const readText = (path) => readFileSync(join(root, path), "utf8");

/** What is unmapped among `paths`; `read` gives a path's text. */
export function unmapped(paths, read) {
  const known = new Set(paths);
  return paths.flatMap((path) => {
    if (/^packages\/[^/]+\/src\//.test(path)) return sourceWithoutTest(path, known, read);
    if (/^packages\/[^/]+\/test\//.test(path)) return testWithoutSource(path, known);
    // What the page does with the DOM is tested in a real browser (conformance/browser).
    if (path.startsWith("packages/server/console/")) return [];
    return scriptWithoutTest(path, known, read);
  });
}

function sourceWithoutTest(source, known, read) {
  const test = source.replace("/src/", "/test/").replace(/\.ts$/, ".test.ts");
  if (known.has(test) || passesOnOnly.test(read(source)) || typesOnly.test(read(source))) return [];
  return [`${source} has no test file ${test}`];
}

function testWithoutSource(test, known) {
  const source = test.replace(/\/test\/(console\/)?/, (_, page) => (page ? "/console/" : "/src/")).replace(/\.test\.ts$/, ".ts");
  if (known.has(source) || test.endsWith(".rules.test.ts")) return [];
  return [`${test} has no source file ${source} (a test of several files together ends in .rules.test.ts)`];
}

function scriptWithoutTest(script, known, read) {
  const test = script.replace("scripts/", "scripts/test/").replace(/\.mjs$/, ".test.mjs");
  if (script.startsWith("scripts/test/") || known.has(test) || runByEveryTest.has(script) || !/^export /m.test(read(script))) return [];
  return [`${script} has no test file ${test}`];
}

/** Scripts that every `npm test` runs for real, from `npm ci` to the last line. */
const runByEveryTest = new Set(
  ["terminal", "install", "build", "check", "suites", "tally-reporter", "brief-reporter"].map((name) => `scripts/${name}.mjs`),
);
