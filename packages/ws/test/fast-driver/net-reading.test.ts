import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { driverSupport } from "../../src/fast-driver/driver-for.ts";
import { isReadByNet, readForNet } from "../../src/fast-driver/net-reading.ts";
import { sharedReadBuffer } from "../../src/fast-driver/shared-read-buffer.ts";
import { type TcpHandle, tcpHandleOf } from "../../src/fast-driver/tcp-handle.ts";
import { tcpPair } from "../fixtures/tcp-pair.ts";

await driverSupport();

function handleOf(socket: object): TcpHandle {
  const handle = tcpHandleOf(socket);
  assert.ok(handle);
  return handle;
}

test("net reads a handle that has the shared buffer: each chunk is a copy of its own, and the end comes", async (t) => {
  const { near, far } = await tcpPair(t);
  const handle = handleOf(near);
  handle.useUserBuffer(sharedReadBuffer().bytes);
  readForNet(handle, handle.onread);
  far.write("first");
  const [first] = (await once(near, "data")) as [Buffer];
  far.write("later");
  const [later] = (await once(near, "data")) as [Buffer];
  assert.deepEqual([first.toString(), later.toString()], ["first", "later"]);
  assert.notEqual(first.buffer, sharedReadBuffer().bytes.buffer);
  far.end();
  await once(near, "end");
});

test("a handle is read by net as net does it or by copies, and by nobody else", async (t) => {
  const { near } = await tcpPair(t);
  const handle = handleOf(near);
  const { onread } = handle;
  assert.equal(isReadByNet(handle, onread), true);
  handle.useUserBuffer(sharedReadBuffer().bytes);
  readForNet(handle, onread);
  assert.notEqual(handle.onread, onread);
  assert.equal(isReadByNet(handle, onread), true);
  const own = (): void => undefined;
  handle.onread = own;
  assert.equal(isReadByNet(handle, onread), false);
  readForNet(handle, onread);
  assert.equal(handle.onread, own);
});
