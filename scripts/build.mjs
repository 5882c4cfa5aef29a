// `npm run build`: compiles every package (tsc -b), then bundles the console page and the client for browsers, links the command.
import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureInstalled } from "./install.mjs";
import { must, root, say, since } from "./terminal.mjs";

const consoleFolder = join(root, "packages/server/console");
const consoleTarget = join(root, "packages/server/dist/console");

/** What rolldown makes for browsers: [entry, file]. The target is what Chromium and Firefox of Debian 12 and Safari 15.4 understand. */
const bundles = [
  ["packages/server/console/main.ts", "packages/server/dist/console/main.js"],
  ["packages/client/src/browser.ts", "packages/client/dist/openline-client.min.js"],
];

export async function build() {
  await ensureInstalled();
  const from = Date.now();
  say("building …");
  await must("compiling", "node", [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
  for (const [entry, file] of bundles) await bundle(entry, file);
  await mkdir(consoleTarget, { recursive: true });
  await cp(consoleFolder, consoleTarget, { recursive: true, filter: (path) => !/\.ts$|tsconfig\.json$/.test(path) });
  await linkCommand();
  say(`built in ${since(from)}`);
}

/** Puts `openline` where `npx` finds it: npm links a command only if its file is there, and in a fresh clone that was not built yet when npm installed. */
async function linkCommand() {
  if (existsSync(join(root, "node_modules/.bin/openline"))) return;
  await must("linking the command", "npm", ["rebuild", "openline", "--ignore-scripts", "--loglevel=error"], { capture: true });
}

async function bundle(entry, file) {
  if (!existsSync(join(root, entry))) return;
  const made = await rolled(entry);
  await made.write({ ...written, file: join(root, file), sourcemap: true });
  await made.close();
}

/** How a bundle is written: nobody bundles it again, so it needs no notes for that. packages/client/test/bundle.rules.test.ts weighs the client's. */
export const written = { format: "esm", minify: true, comments: { annotation: false } };

/** The bundle of `entry` for browsers, not written yet. */
export async function rolled(entry) {
  const { rolldown } = await import("rolldown");
  return await rolldown({ input: join(root, entry), platform: "browser", transform: { target: "es2022" }, logLevel: "warn" });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await build();
