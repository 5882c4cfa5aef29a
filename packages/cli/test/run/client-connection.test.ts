import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { openDoor, TestClient, until } from "./run-fixture.ts";

const handshake =
  "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

test("R10: a client that answers no ping for two intervals is cut, and its program ends", { timeout: 20_000 }, async (t) => {
  const { door, forks, port } = await openDoor(t, { pingms: "100" });
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {}).resume();
  socket.write(handshake);
  await until(() => door.connections === 1 && forks.count === 1);
  const from = performance.now();
  await once(socket, "close");
  assert.ok(performance.now() - from > 150);
  await until(() => forks.count === 0);
});

test("R26: a client whose program takes nothing is held, not cut for pongs that nobody reads", { timeout: 20_000 }, async (t) => {
  const { url, door } = await openDoor(t, { pingms: "50" }, ["/bin/sh", "-c", "sleep 1.2; wc -c"]);
  const client = await TestClient.open(t, url);
  for (let count = 0; count < 400; count++) client.socket.send("x".repeat(1023));
  await new Promise((resolve) => setTimeout(resolve, 800));
  assert.equal(door.connections, 1);
  client.socket.close(1000);
});

test("R26: what a client sends over its rate has to wait", async (t) => {
  const { url } = await openDoor(t, { "max-line-rate": "5" });
  const client = await TestClient.open(t, url);
  const from = performance.now();
  for (let count = 0; count < 8; count++) client.socket.send(String(count));
  assert.deepEqual(await client.messages(8), ["0", "1", "2", "3", "4", "5", "6", "7"]);
  assert.ok(performance.now() - from > 400);
});
