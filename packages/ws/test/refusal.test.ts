import assert from "node:assert/strict";
import { test } from "node:test";
import { duplexPair, settle } from "@openline/testkit";
import { dropOnError, leaveErrors, refuse } from "../src/refusal.ts";

async function answer(status: number, message?: string, fields?: Record<string, string | string[]>): Promise<string> {
  const [near, far] = duplexPair();
  refuse(near, status, message, fields);
  let text = "";
  for await (const chunk of far) text += String(chunk);
  await settle();
  assert.ok(near.destroyed);
  return text;
}

test("a refusal is a whole HTTP response that ends the connection", async () => {
  assert.equal(
    await answer(400, "No", { "Sec-WebSocket-Version": "13, 8" }),
    "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: 2\r\nSec-WebSocket-Version: 13, 8\r\n\r\nNo",
  );
});

test("the status's own words are the body when no message is given; the length counts bytes", async () => {
  assert.match(await answer(401), /\r\n\r\nUnauthorized$/);
  assert.match(await answer(403, "Grüße"), /Content-Length: 7\r\n/);
});

test("a field with several values is written several times", async () => {
  assert.match(await answer(401, "", { "Set-Cookie": ["a=1", "b=2"] }), /Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n/);
});

test("a line break in a value makes no new field", async () => {
  assert.match(await answer(400, "", { "X-Echo": "a\r\nSet-Cookie: evil=1" }), /X-Echo: a Set-Cookie: evil=1\r\n/);
});

test("an error of the transport drops it and nothing else", async () => {
  const [near, far] = duplexPair();
  dropOnError(near);
  refuse(near, 400);
  far.destroy();
  await settle();
  await settle();
  assert.ok(near.destroyed);
});

test("who sees to faults takes them over: nothing is dropped for him any more", () => {
  const [near] = duplexPair();
  const seen: unknown[] = [];
  dropOnError(near);
  near.on("error", (error) => seen.push(error));
  leaveErrors(near);
  const fault = new Error("a fault");
  near.emit("error", fault);
  assert.deepEqual(seen, [fault]);
  assert.equal(near.destroyed, false);
  assert.equal(near.listenerCount("error"), 1);
});
