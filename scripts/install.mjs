// Installs the npm packages from the lock file when they are missing or older than it.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { must, root, say, since } from "./terminal.mjs";

/** `npm ci` writes this file; its time tells which lock file the tree was made from. */
const installed = join(root, "node_modules/.package-lock.json");
const lock = join(root, "package-lock.json");
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

/** Makes sure that `node_modules` is what the lock file says. Ends the process with a clear line when it cannot. */
export async function ensureInstalled() {
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(`Openline needs Node.js 20.19 or later; this is ${process.version}.\n`);
    process.exit(1);
  }
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  if (process.env.OPENLINE_NO_INSTALL === "1") {
    process.stderr.write(
      "The npm packages are missing or older than package-lock.json, and OPENLINE_NO_INSTALL=1 forbids to install: run `npm ci`.\n",
    );
    process.exit(1);
  }
  const from = Date.now();
  say("installing the npm packages of package-lock.json (half a minute or so) …");
  await must("installing the npm packages", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  say(`npm packages installed in ${since(from)}`);
}
