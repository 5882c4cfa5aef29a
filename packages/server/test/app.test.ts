import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, startApp } from "./http-fixture.ts";

function assertProblem(answer: Answer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
  assert.equal(answer.body?.["code"], code);
  assert.equal(answer.body?.["status"], status);
  assert.equal(typeof answer.body?.["detail"], "string");
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
}

test("what is not there is 404, under every method, as a problem (RFC 9457)", async (t) => {
  const { ask } = await startApp(t);
  for (const path of [
    "/nothing",
    "/api",
    "/api/",
    "/api/rooms/",
    "/api/rooms/a/b/c",
    "/api/rooms//messages",
    "/..",
    "/%2e%2e/etc/passwd",
    "//",
  ]) {
    assertProblem(await ask(path), 404, "not-found");
  }
  assertProblem(await ask("/nothing", { method: "POST", body: "x" }), 404, "not-found");
});

const wrongMethods: [string, string, string][] = [
  ["PUT", "/api/rooms", "GET, HEAD"],
  ["POST", "/api/rooms", "GET, HEAD"],
  ["PATCH", "/api/rooms/lobby/messages", "POST, GET, HEAD"],
  ["DELETE", "/api/rooms/lobby/messages", "POST, GET, HEAD"],
  ["OPTIONS", "/api/rooms", "GET, HEAD"],
  ["POST", "/health", "GET, HEAD"],
  ["POST", "/", "GET, HEAD"],
  ["POST", "/hub", "GET, HEAD"],
];
for (const [method, path, allow] of wrongMethods) {
  test(`${method} ${path} is 405 and Allow names ${allow} (RFC 9110 §15.5.6)`, async (t) => {
    const { ask } = await startApp(t);
    const answer = await ask(path, { method });
    assertProblem(answer, 405, "method-not-allowed");
    assert.equal(answer.headers["allow"], allow);
  });
}

test("a foreign Host is 421, a foreign or null Origin 403, on every route, and nothing is published", async (t) => {
  const { ask, rooms } = await startApp(t);
  for (const path of ["/", "/api/rooms", "/health", "/hub", "/nothing"]) {
    assertProblem(await ask(path, { headers: { host: "evil.example" } }), 421, "host-not-allowed");
    assertProblem(await ask(path, { headers: { origin: "http://evil.example" } }), 403, "origin-not-allowed");
  }
  for (const origin of ["null", "http://localhost", "https://localhost", "http://localhost.evil.example"]) {
    assertProblem(await ask("/api/rooms/lobby/messages", { method: "POST", headers: { origin }, body: "x" }), 403, "origin-not-allowed");
  }
  assert.equal(rooms.published.length, 0);
});

test("a page of the server itself may read and write the API", async (t) => {
  const { ask, port } = await startApp(t);
  const headers = { origin: `http://localhost:${port}` };
  assert.equal((await ask("/api/rooms", { headers })).status, 200);
  assert.equal((await ask("/api/rooms/lobby/messages", { method: "POST", headers, body: "x" })).status, 201);
});

test("a listed origin gets CORS fields, and its preflight is answered", async (t) => {
  const { ask } = await startApp(t, { allowedOrigins: ["https://chat.example"], keys: ["key-0123456789abcdef"] });
  const preflight = {
    origin: "https://chat.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "idempotency-key",
  };
  const answer = await ask("/api/rooms/lobby/messages", { method: "OPTIONS", headers: preflight });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers["access-control-allow-origin"], "https://chat.example");
  assert.match(String(answer.headers["access-control-allow-headers"]), /idempotency-key/i);
  const read = await ask("/api/rooms", { headers: { origin: "https://chat.example", authorization: "Bearer key-0123456789abcdef" } });
  assert.equal(read.headers["access-control-allow-origin"], "https://chat.example");
  assert.equal(
    (await ask("/api/rooms", { headers: { authorization: "Bearer key-0123456789abcdef" } })).headers["access-control-allow-origin"],
    undefined,
  );
});

test("with a key set the API asks for it, health and page do not", async (t) => {
  const { ask } = await startApp(t, { keys: ["key-0123456789abcdef"] });
  const refused = await ask("/api/rooms");
  assertProblem(refused, 401, "unauthorized");
  assert.match(String(refused.headers["www-authenticate"]), /^Bearer/);
  assertProblem(
    await ask("/api/rooms/lobby/messages", { method: "POST", body: "x", headers: { authorization: "Bearer wrong" } }),
    401,
    "unauthorized",
  );
  assert.equal((await ask("/api/rooms", { headers: { authorization: "Bearer key-0123456789abcdef" } })).status, 200);
  assert.equal((await ask("/health")).status, 200);
});

test("a route that throws is 500 without details, the details are in the log, and the next request is answered", async (t) => {
  const { ask, rooms, logged } = await startApp(t);
  rooms.outcome = new Error("the store burst: secret detail");
  const answer = await ask("/api/rooms/lobby/messages", { method: "POST", body: "x" });
  assertProblem(answer, 500, "internal");
  assert.doesNotMatch(answer.text, /secret detail/);
  assert.match(logged.join(""), /secret detail/);
  assert.equal((await ask("/health")).status, 200);
});

test("the WebSocket path asked without an upgrade says what it is (426, RFC 9110 §15.5.22)", async (t) => {
  const { ask } = await startApp(t);
  const answer = await ask("/hub");
  assertProblem(answer, 426, "upgrade-required");
  assert.equal(answer.headers["upgrade"], "websocket");
});

test("P: below a base path everything is there, beside it nothing, and the path without its slash leads on", async (t) => {
  const { ask } = await startApp(t, { basePath: "/wsapp/" });
  assert.equal((await ask("/wsapp/api/rooms")).status, 200);
  assert.equal((await ask("/wsapp/api/rooms/lobby/messages", { method: "POST", body: "x" })).status, 201);
  assert.equal((await ask("/wsapp/health")).status, 200);
  assertProblem(await ask("/wsapp/hub"), 426, "upgrade-required");
  for (const path of ["/", "/api/rooms", "/health", "/hub", "/wsappapi/rooms"]) assertProblem(await ask(path), 404, "not-found");
  const redirect = await ask("/wsapp");
  assert.equal(redirect.status, 308);
  assert.equal(redirect.headers["location"], "wsapp/");
});

test("HEAD is answered as GET without a body (RFC 9110 §9.3.2)", async (t) => {
  const { ask } = await startApp(t);
  const answer = await ask("/api/rooms", { method: "HEAD" });
  assert.equal(answer.status, 200);
  assert.equal(answer.text, "");
});
