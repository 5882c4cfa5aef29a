import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createLog, createServer, type OpenlineServer, refuse } from "@openline/server";
import { start } from "../binary-fixture.ts";
import { serverOf } from "./line-fixture.ts";

const timeout = 60_000;

/** A hub whose room `staff` is nobody's. */
async function hub(t: TestContext): Promise<{ server: OpenlineServer; url: string }> {
  const server = createServer({
    port: 0,
    host: "127.0.0.1",
    anonymous: true,
    hooks: { beforeJoin: ({ room }) => (room === "staff" ? refuse("staff only") : undefined) },
    log: createLog({ level: "silent" }),
  });
  const { urls } = await server.listen();
  t.after(async () => await server.close());
  return { server, url: urls[0] ?? "" };
}

test("--join shows a room's history, publishes what is sent, and shows it as every member sees it", { timeout }, async (t) => {
  const { server, url } = await hub(t);
  await server.room("lobby").publish("before", { user: "Bob" });
  const { ended, out, err } = start(t, ["connect", url, "--join", "lobby", "--user", "Ada", "--send", "你好", "--count", "2"]);
  assert.equal(await ended, 0, err());
  assert.equal(out(), "Bob: before\nAda: 你好\n");
});

test("a room that may not be joined ends with 3 and the hub's reason", { timeout }, async (t) => {
  const { url } = await hub(t);
  const { ended, err } = start(t, ["connect", url, "--join", "staff"]);
  assert.equal(await ended, 3);
  assert.match(err(), /staff.*forbidden: staff only/);
});

test("fewer messages than --count wanted, and then a clean end, is 6", { timeout }, async (t) => {
  const { url } = await serverOf(t, (socket) => {
    socket.send("only one");
    socket.close(1000);
  });
  const { ended, out } = start(t, ["connect", url, "--count", "2"]);
  assert.equal(await ended, 6);
  assert.equal(out(), "only one\n");
});
