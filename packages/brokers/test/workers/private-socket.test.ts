import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { test } from "node:test";
import { PrivateSocket } from "../../src/workers/private-socket.ts";

test("the socket lies in a folder that nobody else may enter, and goes with it", async () => {
  const heard: string[] = [];
  const socket = await PrivateSocket.open((stream) => stream.on("data", (chunk) => heard.push(String(chunk))).resume());
  assert.equal(statSync(dirname(socket.path)).mode & 0o777, 0o700);
  assert.ok(Buffer.byteLength(socket.path) < 108);
  const stream = connect(socket.path);
  stream.end("hello");
  await once(stream, "close");
  assert.deepEqual(heard, ["hello"]);
  socket.close();
  assert.equal(existsSync(dirname(socket.path)), false);
});
