import assert from "node:assert/strict";
import { test } from "node:test";
import { openClient, startServer, type TestClient } from "../server-fixture.ts";

const key = "key-0123456789abcdef";

async function post(
  port: number,
  path: string,
  body: unknown,
  authorization = `Bearer ${key}`,
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const response = await fetch(`http://localhost:${port}/api/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

async function comeIn(port: number, user: string): Promise<{ client: TestClient; session: string }> {
  const { answer } = await post(port, "tickets", { user });
  const client = await openClient(`ws://localhost:${port}/hub?ticket=${String(answer["ticket"])}`);
  client.send({ type: "connect", ref: 0, version: 1 });
  const { session } = (await client.next("connected")) as unknown as { session: { id: string } };
  return { client, session: session.id };
}

test("R15: a revocation of a user or of a session closes the connections with 4406 within 2 s", async (t) => {
  const { port } = await startServer(t, { apiKeys: [key], anonymous: false });
  const [ada, bob] = [await comeIn(port, "ada"), await comeIn(port, "bob")];
  const began = Date.now();
  assert.deepEqual(await post(port, "revocations", { user: "ada" }), { status: 201, answer: { user: "ada", forMs: 86_400_000 } });
  assert.deepEqual(await ada.client.ended, { code: 4406, reason: "revoked" });
  assert.equal((await post(port, "revocations", { session: bob.session, forMs: 60_000 })).status, 201);
  assert.deepEqual(await bob.client.ended, { code: 4406, reason: "revoked" });
  // 2 s where the machine has no other work.
  assert.ok(Date.now() - began < 10_000);
});

test("a revocation names exactly one thing, needs a key for it, and makes sense only where somebody logs in", async (t) => {
  const { port } = await startServer(t, { apiKeys: [key, "tickets:another-key-of-ours"] });
  for (const body of [{}, { user: "ada", token: "t" }, { user: "ada", forMs: 1 }, { token: "" }]) {
    assert.equal((await post(port, "revocations", body)).status, 400, JSON.stringify(body));
  }
  assert.equal((await post(port, "revocations", { user: "ada" }, "Bearer another-key-of-ours")).status, 403);
  assert.equal((await post((await startServer(t)).port, "revocations", { user: "ada" })).status, 403);
});
