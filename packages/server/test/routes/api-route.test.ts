import assert from "node:assert/strict";
import { test } from "node:test";
import { operations } from "../../src/api/operations.ts";
import { apiScopes } from "../../src/api-keys.ts";
import { startApp } from "../http-fixture.ts";

const secret = "0123456789abcdef";

for (const { id, method, path, scope = "publish" } of Object.values(operations)) {
  const target = `/api${path.replaceAll(/\{\w+\}/g, "x")}`;
  test(`${id} asks for a key with the scope ${scope}, before it looks at anything else`, async (t) => {
    const others = apiScopes.filter((one) => one !== scope).join("+");
    const { ask } = await startApp(t, { keys: [`${scope}:right-${secret}`, `${others}:wrong-${secret}`] });
    const withKey = async (key: string): Promise<number> =>
      (await ask(target, { method: method.toUpperCase(), headers: { authorization: `Bearer ${key}-${secret}` } })).status;
    assert.equal((await ask(target, { method: method.toUpperCase() })).status, 401);
    assert.equal(await withKey("wrong"), 403);
    assert.ok(![401, 403].includes(await withKey("right")));
  });
}

test("while the server drains nothing is changed any more, but can be looked at", async (t) => {
  const { ask, rooms } = await startApp(t, { health: { draining: true, connections: 0, unready: "draining" } });
  const refused = await ask("/api/rooms/a/messages", { method: "POST", body: "x" });
  assert.deepEqual([refused.status, refused.body?.["code"], refused.headers["retry-after"]], [503, "shutting-down", "1"]);
  assert.equal((await ask("/api/rooms")).status, 200);
  assert.equal(rooms.published.length, 0);
});

test("a query where none belongs is refused, and answers are kept by nobody on the way", async (t) => {
  const { ask } = await startApp(t);
  assert.equal((await ask("/api/rooms/a/members?x=1")).body?.["code"], "bad-query");
  assert.equal((await ask("/api/rooms/a/members")).headers["cache-control"], "no-store");
});
