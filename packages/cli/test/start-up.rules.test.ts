import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const binary = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** The files of ours and of others that a call loads, by Node's own word. */
function loadedBy(...args: string[]): string[] {
  const { stderr, status } = spawnSync(process.execPath, [binary, ...args], {
    env: { ...process.env, NODE_DEBUG: "esm" },
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return [...new Set([...stderr.matchAll(/file:\/\/[^\s'",]+\.m?js/g)].map(([url]) => url))];
}

/** The table of settings, which `serve --help` shows, comes without the server. */
const settings = /\/packages\/server\/dist\/(?:setting-table|api-keys|setting-entries\/[\w-]+)\.js$/;

test("--help and --version load the definitions of the commands and no command, that of serve the table of settings and no server: the start stays short", () => {
  for (const args of [["--help"], ["--version"], ["bench", "--help"], ["serve", "--help"]]) {
    const loaded = loadedBy(...args);
    assert.ok(
      loaded.some((url) => url.endsWith("/program.js")),
      "NODE_DEBUG=esm shows what is loaded",
    );
    const own = loaded.filter((url) => args[0] !== "serve" || !settings.test(url));
    const heavy = own.filter((url) =>
      /\/packages\/(?!cli\/)|\/(?:jose|send|uplot|pino|lmdb|valibot)\/|\/(?:serve|verify|bench|doctor|connect|run)\.js$/.test(url),
    );
    assert.deepEqual(heavy, [], args.join(" "));
    assert.ok(own.length < 30, `${args.join(" ")} loads ${own.length} files`);
  }
});
