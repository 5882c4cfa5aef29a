import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError, problemBody, problemMessage, problemResponse, problemStatus } from "../src/problems.ts";

test("a problem has type, title, status, detail and code, and its own media type (RFC 9457 §3)", async () => {
  const response = problemResponse({ code: "id-conflict", detail: "the id a was used" });
  assert.equal(response.status, 409);
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
  assert.deepEqual(await response.json(), {
    type: "about:blank",
    title: "Conflict",
    status: 409,
    detail: "the id a was used",
    code: "id-conflict",
  });
});

test("every code has a status of the 400s or 500s with a phrase of its own", () => {
  for (const [code, status] of Object.entries(problemStatus)) {
    assert.ok(status >= 400 && status < 600, code);
    assert.notEqual(JSON.parse(problemBody({ code: code as keyof typeof problemStatus, detail: "d" })).title, "Error", code);
  }
});

test("a refused upgrade is a whole HTTP response with the length in bytes, and ends the connection", () => {
  const text = problemMessage({ code: "unauthorized", detail: "Schlüssel fehlt", headers: { "www-authenticate": "Bearer" } });
  const [head = "", body = ""] = text.split("\r\n\r\n");
  assert.match(head, /^HTTP\/1\.1 401 Unauthorized\r\nconnection: close\r\n/);
  assert.match(head, /\r\nwww-authenticate: Bearer/);
  assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}\\r\\n`));
  assert.equal(JSON.parse(body).detail, "Schlüssel fehlt");
});

test("a thrown problem carries its response fields along", () => {
  const { problem } = new ProblemError("method-not-allowed", "only GET", { allow: "GET" });
  assert.equal(problemResponse(problem).headers.get("allow"), "GET");
});
