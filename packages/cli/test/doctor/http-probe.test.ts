import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { probe, textOf } from "../../src/doctor/http-probe.ts";

async function server(t: TestContext, onRequest: RequestListener): Promise<URL> {
  const http = createServer(onRequest);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  return new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
}

test("an answer is its status, its fields and its text; a redirect is one, too", async (t) => {
  const url = await server(t, (request, response) =>
    response.writeHead(302, { location: "/elsewhere", "x-asked": request.headers.accept ?? "" }).end("你好"),
  );
  const { status, headers, text, firstMs } = await probe(url, "text/plain");
  assert.deepEqual([status, headers.location, headers["x-asked"], text], [302, "/elsewhere", "text/plain", "你好"]);
  assert.ok(firstMs !== undefined && firstMs >= 0);
});

test("of an answer that does not end the beginning is enough; one without a body has no first bytes", async (t) => {
  const endless = await server(t, (_request, response) => void response.writeHead(200).write("first"));
  assert.equal((await probe(endless, "text/event-stream", 1)).text, "first");
  const empty = await server(t, (_request, response) => response.writeHead(204).end());
  assert.equal((await probe(empty, "*/*")).firstMs, undefined);
});

test("nobody there is the system's error, on any port", async () => {
  // fetch refuses to ask this port at all.
  await assert.rejects(probe(new URL("http://127.0.0.1:9/"), "*/*"), (error) => textOf(error) === "connect ECONNREFUSED 127.0.0.1:9");
});

test("of several attempts each says why, of a wrapped error the cause", () => {
  assert.equal(textOf(new AggregateError([new Error("one"), new Error("two")])), "one; two");
  assert.equal(textOf(new Error("outer", { cause: new Error("inner") })), "inner");
  assert.equal(textOf("text"), "text");
});
