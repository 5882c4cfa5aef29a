import assert from "node:assert/strict";
import { test } from "node:test";
import { startApp } from "../http-fixture.ts";

test("the description of the API is served without a key, with this server's base path", async (t) => {
  const { ask } = await startApp(t, { keys: ["key-0123456789abcdef"], basePath: "/wsapp/" });
  const answer = await ask("/wsapp/api/openapi.json");
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers["content-type"]), /^application\/json/);
  assert.equal(answer.body?.["openapi"], "3.1.1");
  assert.deepEqual(answer.body?.["servers"], [{ url: "/wsapp/api" }]);
});
