// Holds the imports of every package to the arrows of docs/architecture.md, and draws them into docs/architecture.svg.
//   node scripts/arrows.mjs          checks, and says whether the picture is up to date
//   node scripts/arrows.mjs --draw   draws the picture anew
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import { drawArrows } from "./arrows-picture.mjs";
import { filesLike } from "./files.mjs";
import { root } from "./terminal.mjs";

/** Which packages a package may import directly; what those may import it may import too. Nobody's source imports `testkit`. */
export const arrows = {
  protocol: [],
  wire: [],
  ws: ["protocol"],
  hub: ["wire"],
  sockjs: ["ws"],
  brokers: ["hub"],
  client: ["wire"],
  server: ["brokers", "hub", "sockjs", "ws"],
  cli: ["server", "client"],
  testkit: [],
};

/** Single files that may import more than their package: the client's Node entry brings its own WebSocket. */
const extraArrows = { "packages/client/src/node.ts": ["ws"] };

/** Packages (or single entries) that must run without Node: nothing that they reach imports a Node module or `ws`. */
const withoutNode = [
  "packages/protocol/src/index.ts",
  "packages/wire/src/index.ts",
  "packages/hub/src/index.ts",
  "packages/client/src/browser.ts",
  "packages/client/src/shared.ts",
  "packages/client/src/react.ts",
];

/** Packages without runtime dependencies outside the house. */
const withoutDependencies = ["protocol", "wire", "ws", "client"];

const picture = join(root, "docs/architecture.svg");

const importLike = /^\s*(?:import|export)\s(type\s)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;

/** The modules that a source text imports; without `types`, only those that are there when it runs. */
export function importsOf(text, { types = true } = {}) {
  return [...text.matchAll(importLike)].filter((match) => types || match[1] === undefined).map((match) => match[2] ?? match[3]);
}

const packageName = (specifier) => (specifier === "openline" ? "cli" : /^@openline\/([^/]+)/.exec(specifier)?.[1]);
const closure = (name, seen = new Set()) => {
  for (const next of arrows[name] ?? []) if (!seen.has(next)) closure(next, seen.add(next));
  return seen;
};

/** Everything that is wrong with the house's imports, as lines for people. */
export function checkArrows() {
  const graph = readGraph();
  return [...wrongImports(graph, readGraph({ types: false })), ...foreignDependencies(), ...stale(graph)];
}

/**
 * What is wrong in `graph`: path of a source file -> what it imports, relative ones resolved to paths. Circles are looked for in
 * `running`, the imports that are left when types are gone.
 */
export function wrongImports(graph, running = graph) {
  return [...forbidden(graph), ...nodeBound(graph), ...circles(running)];
}

function readGraph(options) {
  const graph = new Map();
  for (const path of filesLike("packages/*/src/**/*.ts")) {
    const imports = importsOf(readFileSync(join(root, path), "utf8"), options);
    graph.set(
      path,
      imports.map((to) => (to.startsWith(".") ? normalize(join(dirname(path), to)) : to)),
    );
  }
  return graph;
}

function* forbidden(graph) {
  for (const [path, imports] of graph) {
    const from = path.split("/")[1];
    if (!(from in arrows)) yield `${path}: the package ${from} has no line in the table of scripts/arrows.mjs`;
    const allowed = closure(from).add(from);
    for (const extra of extraArrows[path] ?? []) allowed.add(extra);
    for (const to of imports) {
      const name = packageName(to);
      if (name !== undefined && !allowed.has(name)) yield `${path} imports ${to}: no arrow leads from ${from} to ${name}`;
      if (to.startsWith("packages/") && !to.startsWith(`packages/${from}/`)) yield `${path} imports ${to} by path: use the package's name`;
    }
  }
}

function* nodeBound(graph) {
  for (const entry of withoutNode) {
    const seen = new Set([entry]);
    for (const path of seen) {
      for (const to of graph.get(path) ?? []) {
        if (to.startsWith("node:") || to === "@openline/ws") yield `${path} imports ${to}, and ${entry} must run without Node`;
        if (graph.has(to)) seen.add(to);
      }
    }
  }
}

function* circles(graph) {
  const done = new Set();
  const visit = function* (path, trail) {
    if (trail.includes(path)) yield `a circle of imports: ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`;
    else if (!done.has(path)) {
      for (const to of graph.get(path) ?? []) if (graph.has(to)) yield* visit(to, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) yield* visit(path, []);
}

function* foreignDependencies() {
  for (const name of withoutDependencies) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
    for (const dependency of Object.keys(dependencies)) {
      if (!dependency.startsWith("@openline/"))
        yield `packages/${name}/package.json depends on ${dependency}: ${name} has no dependencies outside the house`;
    }
  }
}

function* stale(graph) {
  if (!existsSync(picture) || readFileSync(picture, "utf8") !== draw(graph))
    yield "docs/architecture.svg is not up to date: node scripts/arrows.mjs --draw";
}

function draw(graph) {
  const edges = new Set();
  for (const [path, imports] of graph) {
    const from = path.split("/")[1];
    for (const to of imports.map(packageName)) if (to !== undefined && to !== from) edges.add(`${from} ${to}`);
  }
  const packages = [...new Set([...graph.keys()].map((path) => path.split("/")[1]))];
  return drawArrows(
    packages,
    [...edges].toSorted().map((edge) => edge.split(" ")),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  if (process.argv.includes("--draw")) writeFileSync(picture, draw(readGraph()));
  const problems = checkArrows();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
