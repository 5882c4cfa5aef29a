// `npm run build`: compiles every package (tsc -b), then bundles the console page and the client for browsers.
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
  say(`built in ${since(from)}`);
}

async function bundle(entry, file) {
  if (!existsSync(join(root, entry))) return;
  const { rolldown } = await import("rolldown");
  const made = await rolldown({ input: join(root, entry), platform: "browser", transform: { target: "es2022" }, logLevel: "warn" });
  await made.write({ file: join(root, file), format: "esm", minify: true, sourcemap: true });
  await made.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await build();
