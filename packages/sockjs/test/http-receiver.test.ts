import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { HttpReceiver } from "../src/http-receiver.ts";
import { receivingTransports } from "../src/transports.ts";
import { RawConnection } from "./raw-http.ts";

async function begin(
  t: TestContext,
  name: string,
  limitBytes = 10,
): Promise<{ receiver: HttpReceiver; client: RawConnection; told: string[]; clock: FakeClock; response: ServerResponse }> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const client = new RawConnection(typeof address === "object" && address !== null ? address.port : 0);
  t.after(() => {
    client.close();
    server.close();
  });
  const arrived = new Promise<ServerResponse>((resolve) => server.once("request", (_, response) => resolve(response)));
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const response = await arrived;
  const transport = receivingTransports.get(name);
  assert.ok(transport);
  const clock = new FakeClock();
  const receiver = new HttpReceiver(response, { transport, callback: "cb", fields: { "X-Own": "1" }, limitBytes, clock });
  const told: string[] = [];
  receiver.watch({ onReady: () => told.push("ready"), onLost: () => told.push("lost") });
  return { receiver, client, told, clock, response };
}

test("a poll is one frame with its length, then over", async (t) => {
  const { receiver, client } = await begin(t, "jsonp");
  assert.equal(receiver.send("o"), false);
  const head = await client.head();
  assert.deepEqual([head.status, head.fields.get("x-own"), head.fields.get("x-content-type-options")], [200, "1", "nosniff"]);
  assert.equal((await client.bytes(Number(head.fields.get("content-length")))).toString(), '/**/cb("o");\r\n');
});

test("a stream ends when the bytes of its frames reach the limit; its prelude does not count, and UTF-8 does (facts §6, §12)", async (t) => {
  const { receiver, client } = await begin(t, "xhr_streaming");
  const head = await client.head();
  assert.equal(head.fields.get("x-accel-buffering"), "no");
  assert.equal((await client.chunk()).length, 2049);
  assert.equal(receiver.send("o"), true);
  // 2 + 7 bytes, then 2 more.
  assert.equal(receiver.send("通知"), true);
  assert.equal(receiver.send("h"), false);
  assert.deepEqual([await client.chunk(), await client.chunk(), await client.chunk(), await client.chunk()], ["o\n", "通知\n", "h\n", ""]);
});

test("a client that goes away is told of; a response that ended is not", async (t) => {
  const lost = await begin(t, "xhr_streaming");
  lost.client.close();
  while (lost.told.length === 0) await new Promise(setImmediate);
  assert.deepEqual(lost.told, ["lost"]);
  const ended = await begin(t, "xhr_streaming");
  ended.receiver.end();
  await ended.client.head();
  ended.client.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(ended.told, []);
});

test("a client that does not read blocks it, and reading makes it ready (R3)", async (t) => {
  const { receiver, client, told } = await begin(t, "xhr_streaming", Number.MAX_SAFE_INTEGER);
  const frame = "x".repeat(1_000_000);
  await client.head();
  client.pause();
  let sent = 0;
  // The system takes some first.
  while (!(receiver.isBlocked && receiver.bufferedBytes > 0) && sent < 100) {
    receiver.send(frame);
    sent++;
    await new Promise(setImmediate);
  }
  assert.ok(receiver.isBlocked);
  assert.ok(receiver.bufferedBytes > 0);
  told.length = 0;
  client.resume();
  await client.chunk();
  for (let read = 0; read < sent; read++) await client.chunk();
  while (told.length === 0) await new Promise(setImmediate);
  assert.deepEqual(told, ["ready"]);
  assert.equal(receiver.isBlocked, false);
});

test("destroyed, the response breaks off", async (t) => {
  const { receiver, client, told } = await begin(t, "xhr_streaming");
  receiver.destroy();
  while (!(await client.closed())) await client.bytes(1);
  assert.deepEqual(told, []);
});

for (const name of ["xhr", "xhr_streaming"])
  test(`R3: a client that does not read the end of ${name} is broken off after a minute; its session has let go of it`, async (t) => {
    const { receiver, client, told, clock, response } = await begin(t, name);
    client.pause();
    // More than the system's buffers take.
    assert.equal(receiver.send("x".repeat(16_777_216)), false);
    clock.advance(59_999);
    assert.equal(response.destroyed, false);
    clock.advance(1);
    assert.equal(response.destroyed, true);
    assert.deepEqual([told, clock.pending], [[], 0]);
  });

test("one that was read to its end waits for nothing more", async (t) => {
  const { receiver, client, clock } = await begin(t, "xhr");
  receiver.send("o");
  assert.equal(clock.pending, 1);
  await client.head();
  while (clock.pending > 0) await new Promise(setImmediate);
});
