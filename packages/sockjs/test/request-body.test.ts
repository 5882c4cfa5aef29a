import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { type RequestBody, readBody } from "../src/request-body.ts";

async function read(chunks: readonly (string | Uint8Array)[], declared?: number): Promise<RequestBody> {
  const request = new IncomingMessage(new Socket());
  if (declared !== undefined) request.headers["content-length"] = String(declared);
  const body = readBody(request, 8);
  for (const chunk of chunks) request.push(chunk);
  request.push(null);
  return await body;
}

test("a body is read up to the limit, and refused over it: by its declared length, or by what comes (facts §12)", async () => {
  assert.deepEqual(await read(["1234", "5678"]), { ok: true, text: "12345678" });
  assert.deepEqual(await read([]), { ok: true, text: "" });
  assert.deepEqual(await read(["1234", "56789"]), { ok: false, status: 413 });
  assert.deepEqual(await read([], 9), { ok: false, status: 413 });
});

test("U: characters that are split between chunks are put together; what is no UTF-8 is refused", async () => {
  const bytes = Buffer.from("通知");
  assert.deepEqual(await read([bytes.subarray(0, 1), bytes.subarray(1, 4), bytes.subarray(4)]), { ok: true, text: "通知" });
  assert.deepEqual(await read([Buffer.from([0xff])]), { ok: false, status: 500 });
});

test("a client that goes away leaves no body, and no error", async () => {
  const request = new IncomingMessage(new Socket());
  const body = readBody(request, 8);
  request.push("12");
  request.destroy(new Error("reset"));
  assert.equal(await body, undefined);
});
