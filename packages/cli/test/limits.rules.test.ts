import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "@openline/testkit";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

test("R24: openline serve warns at its start of too few open files, with the ceiling that they mean and what to do", async (t) => {
  const words = ["serve", "--port", String(await freePort()), "--log-format", "json"];
  const child = spawn("bash", ["-c", 'ulimit -n 1000; exec "$0" "$@"', process.execPath, main, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += String(text)));
  const ended = once(child, "close");
  const deadline = Date.now() + 60_000;
  while (!said.includes("file descriptors") && Date.now() < deadline && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const line = said.split("\n").find((text) => text.includes("file descriptors: openline doctor tells more"));
  assert.ok(line !== undefined, said);
  assert.match(line, /1,000 for a process/);
  assert.match(line, /about 936 connections per process/);
  assert.match(line, /LimitNOFILE=1048576/);
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});
