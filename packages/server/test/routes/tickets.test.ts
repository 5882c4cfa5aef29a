import assert from "node:assert/strict";
import { test } from "node:test";
import { openClient, startServer } from "../server-fixture.ts";

const key = "key-0123456789abcdef";

async function post(port: number, body: unknown, authorization?: string): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await fetch(`http://localhost:${port}/api/tickets`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(authorization !== undefined && { authorization }) },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

test("O: the application asks for a ticket with its key; the page comes in with it, by its address or by connect, once (R13)", async (t) => {
  const { port } = await startServer(t, { apiKeys: [key], anonymous: false });
  const { status, answer } = await post(port, { user: "阿达" }, `Bearer ${key}`);
  assert.deepEqual([status, answer["user"]], [201, "阿达"]);
  const left = Number(answer["expiresAt"]) - Date.now();
  assert.ok(left > 25_000 && left <= 30_000, `30 s by default, got ${left}`);
  const ticket = String(answer["ticket"]);
  const page = await openClient(`ws://localhost:${port}/hub?ticket=${ticket}`);
  page.send({ type: "connect", ref: 0, version: 1 });
  assert.equal((await page.next("connected"))["user"], "阿达");
  await assert.rejects(openClient(`ws://localhost:${port}/hub?ticket=${ticket}`), /401/);
  const second = String((await post(port, { user: "bob", connectionTtlMs: 60_000 }, `Bearer ${key}`)).answer["ticket"]);
  const other = await openClient(`ws://localhost:${port}/hub`);
  other.send({ type: "connect", ref: 0, version: 1, token: second });
  const connected = await other.next("connected");
  assert.deepEqual([connected["user"], Number(connected["expiresInMs"]) > 50_000], ["bob", true]);
  const again = await openClient(`ws://localhost:${port}/hub`);
  again.send({ type: "connect", ref: 0, version: 1, token: second });
  assert.deepEqual(await again.ended, { code: 4403, reason: "unauthorized" });
  page.socket.terminate();
  other.socket.terminate();
});

const faults: [what: string, body: unknown, authorization: string | undefined, status: number][] = [
  ["no key", { user: "ada" }, undefined, 401],
  ["a wrong key", { user: "ada" }, "Bearer wrong-wrong-wrong", 401],
  ["a key that is not for tickets", { user: "ada" }, "Bearer another-key-of-ours", 403],
  ["no user", {}, `Bearer ${key}`, 400],
  ["a name that is none", { user: " ada" }, `Bearer ${key}`, 400],
  ["an origin with a path", { user: "ada", origin: "https://chat.example/x" }, `Bearer ${key}`, 400],
  ["rights that are none", { user: "ada", rooms: { a: ["admin"] } }, `Bearer ${key}`, 400],
  ["too long a time", { user: "ada", ttlMs: 3_600_000 }, `Bearer ${key}`, 400],
];
test("a ticket is refused to whoever has no key for it, and for what it cannot be", async (t) => {
  const { port } = await startServer(t, { apiKeys: [key, "publish:another-key-of-ours"] });
  for (const [what, body, authorization, status] of faults) assert.equal((await post(port, body, authorization)).status, status, what);
  const keyless = await startServer(t);
  assert.match(String((await post(keyless.port, { user: "ada" })).answer["detail"]), /start with --api-key/);
});
