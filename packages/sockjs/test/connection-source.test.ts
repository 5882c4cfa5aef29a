import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { sourceOf } from "../src/connection-source.ts";

test("an application sees neither the session's id nor cookies and credentials (facts §5)", () => {
  const request = new IncomingMessage(new Socket());
  request.url = "/echo/000/secret/xhr_streaming/?t=1";
  request.headers = { host: "example.org", cookie: "a=secret", authorization: "Bearer secret", "user-agent": "x" };
  const source = sourceOf(request, "xhr-streaming", "/echo", { user: "ann" });
  assert.ok(!JSON.stringify(source).includes("secret"));
  assert.deepEqual([source.url, source.pathname, source.prefix], ["/echo/xhr_streaming?t=1", "/echo/xhr_streaming", "/echo"]);
  assert.deepEqual([source.headers, source.context], [{ host: "example.org", "user-agent": "x" }, { user: "ann" }]);
});
