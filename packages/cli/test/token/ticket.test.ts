import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createServer } from "@openline/server";
import { WebSocket } from "@openline/ws";
import { call } from "../call.ts";

const key = "0123456789abcdef-key";

async function serve(t: TestContext): Promise<number> {
  const server = createServer({ port: 0, apiKeys: [`tickets:${key}`], logLevel: "silent" });
  const { port } = await server.listen();
  t.after(() => server.close({ graceMs: 0 }));
  return port;
}

test("R13: a ticket of a running server opens one connection", async (t) => {
  const port = await serve(t);
  const { code, out } = await call(["ticket", "--url", `http://localhost:${port}`, "--user", "ada", "--room", "lobby=join"], {
    OPENLINE_API_KEY: `tickets:${key}`,
  });
  assert.equal(code, 0);
  const open = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://localhost:${port}/hub?ticket=${out.trim()}`);
      t.after(() => socket.terminate());
      socket.once("open", () => resolve("open"));
      socket.on("error", (error) => resolve(error.message));
    });
  assert.equal(await open(), "open");
  assert.match(await open(), /401/);
});

test("as JSON it tells until when", async (t) => {
  const url = `http://localhost:${await serve(t)}/`;
  const { out } = await call(["ticket", "--url", url, "--user", "ada", "--expires", "1m", "--api-key", key, "--json"]);
  const { user, expiresAt } = JSON.parse(out);
  assert.equal(user, "ada");
  assert.ok(Math.abs(expiresAt - Date.now() - 60_000) < 20_000);
});

test("a server that refuses, one that is none of ours, and none at all: one line says so, and exit 1", async (t) => {
  const url = `http://localhost:${await serve(t)}`;
  const refused = await call(["ticket", "--url", url, "--user", "ada", "--api-key", "another-key-0123456789"]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /gave no ticket: the key that was sent is none of this server's/);
  const nowhere = await call(["ticket", "--url", "http://127.0.0.1:9", "--user", "ada"]);
  assert.deepEqual([nowhere.code, nowhere.err.split("\n").length], [1, 2]);
  assert.match(nowhere.err, /127\.0\.0\.1:9 does not answer/);
  const wrong = await call(["ticket", "--url", "chat.example", "--user", "ada"]);
  assert.deepEqual([wrong.code, /must be an address.*"chat\.example"/.test(wrong.err)], [2, true]);
});
