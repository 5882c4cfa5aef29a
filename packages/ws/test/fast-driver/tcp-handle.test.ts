import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { tcpHandleOf } from "../../src/fast-driver/tcp-handle.ts";
import { tcpPair } from "../fixtures/tcp-pair.ts";

test("an open TCP socket has a handle, a closed one and any other stream has none", async (t) => {
  const { near } = await tcpPair(t);
  assert.equal(tcpHandleOf(near)?.bytesRead, 0);
  near.destroy();
  assert.equal(tcpHandleOf(near), undefined);
  assert.equal(tcpHandleOf(new PassThrough()), undefined);
  assert.equal(tcpHandleOf({}), undefined);
});
