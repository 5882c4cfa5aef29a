import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import { answer, answerPreflight, answerText, cachedForAYear, corsFields, notCached } from "../src/answer.ts";

async function answered(
  t: TestContext,
  act: (request: IncomingMessage, response: ServerResponse) => void,
  headers: Record<string, string> = {},
): Promise<Response> {
  const server = createServer(act).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return await fetch(`http://127.0.0.1:${port}/`, { method: "OPTIONS", headers: { connection: "close", ...headers } });
}

test("an answer has its length in bytes; 204 and 304 have none (facts §8)", async (t) => {
  assert.equal((await answered(t, (_, response) => answerText(response, 200, "é"))).headers.get("content-length"), "2");
  for (const status of [204, 304] as const)
    assert.equal((await answered(t, (_, response) => answer(response, status, "", {}))).headers.get("content-length"), null);
});

test("a preflight allows the methods, the fields and the origin for a year (facts §7)", async (t) => {
  const { status, headers } = await answered(t, (request, response) => answerPreflight(request, response, ["OPTIONS", "GET"], {}), {
    origin: "null",
    "access-control-request-headers": "x, y",
  });
  assert.equal(status, 204);
  assert.equal(headers.get("access-control-allow-methods"), "OPTIONS, GET");
  assert.equal(headers.get("access-control-allow-headers"), "x, y");
  assert.equal(headers.get("access-control-allow-origin"), "null");
  assert.equal(headers.get("access-control-allow-credentials"), "true");
  assert.equal(headers.get("access-control-max-age"), "31536000");
  assert.equal(headers.get("vary"), "Origin");
});

test("no origin is answered with a star and without credentials (facts §7)", async (t) => {
  const { headers } = await answered(t, (request, response) => answer(response, 204, "", corsFields(request)));
  assert.equal(headers.get("access-control-allow-origin"), "*");
  assert.equal(headers.get("access-control-allow-credentials"), null);
});

test("what is cached is so for a year, what is not is so to the letter", () => {
  assert.deepEqual(cachedForAYear(0), { "Cache-Control": "public, max-age=31536000", Expires: "Fri, 01 Jan 1971 00:00:00 GMT" });
  assert.equal(notCached["Cache-Control"], "no-store, no-cache, no-transform, must-revalidate, max-age=0");
});
