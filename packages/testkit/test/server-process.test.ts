import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { answers, ServerProcess, type ServerRecipe } from "../src/server-process.ts";

/** A server that answers with its own process number, started by a shell, so that two processes are in its group. */
const recipe = (script: string): ServerRecipe => ({
  name: "echo",
  command: (port) => ({ file: "/bin/sh", args: ["-c", `"${process.execPath}" -e '${script}' ${port}; true`] }),
  isReady: async (port) => await answers(port, "?", /^!/),
});
const echo = "require(`net`).createServer((s) => s.on(`data`, () => s.write(`!`))).listen(process.argv[1], `127.0.0.1`)";

test("a server keeps its port and directory over a kill, is stopped where it stands, and leaves nothing behind", async (t) => {
  const server = await ServerProcess.start(recipe(echo));
  t.after(async () => await server.stop());
  server.signal("SIGSTOP");
  assert.equal(await answers(server.port, "?", /^!/), false);
  server.signal("SIGCONT");
  assert.ok(await answers(server.port, "?", /^!/));
  await server.kill();
  assert.equal(await answers(server.port, "?", /^!/), false, "the whole group is gone");
  await server.restart();
  assert.ok(await answers(server.port, "?", /^!/));
  await server.stop();
  assert.ok(!existsSync(server.directory));
});

test("a server that does not start is told with the last that it said", async () => {
  await assert.rejects(
    ServerProcess.start(recipe("console.error(`no such thing`); process.exit(3)")),
    /echo ended with 0: .*no such thing/s,
  );
});
