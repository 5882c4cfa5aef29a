import assert from "node:assert/strict";
import { test } from "node:test";
import type { Admission } from "../src/options.ts";
import { echo, serve, sessionAt } from "./sockjs-fixture.ts";

test("a body over the limit is 413 and ends the connection; the session lives on (facts §12)", async (t) => {
  const server = await serve(t, { prefix: "/echo", max_body_bytes: 10, onConnection: echo });
  const session = sessionAt("/echo");
  await server.post(`${session}/xhr`);
  const refused = await server.post(`${session}/xhr_send`, '["12345678"]');
  assert.deepEqual([refused.status, refused.fields.get("connection")], [413, "close"]);
  const connection = server.raw();
  connection.send(`POST ${session}/xhr_send HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n["1234567"]\r\n`);
  assert.equal((await connection.head()).status, 413);
  assert.equal((await server.post(`${session}/xhr_send`, '["123456"]')).status, 204);
  assert.equal((await server.post(`${session}/xhr`)).body, 'a["123456"]\n');
});

test("over the limit of sessions a new one is 503 with the time to come again; known ones go on (facts §12)", async (t) => {
  const server = await serve(t, { prefix: "/echo", max_sessions: 1, onConnection: echo });
  const session = sessionAt("/echo");
  assert.equal((await server.post(`${session}/xhr`)).body, "o\n");
  const refused = await server.post(`${sessionAt("/echo")}/xhr`);
  assert.deepEqual([refused.status, refused.fields.get("retry-after")], [503, "5"]);
  assert.equal((await server.post(`${session}/xhr_send`, '["x"]')).status, 204);
});

test("too much that waits closes the session with 1008 (facts §12)", async (t) => {
  const server = await serve(t, { prefix: "/echo", max_queue_bytes: 20, onConnection: echo });
  const session = sessionAt("/echo");
  await server.post(`${session}/xhr`);
  await server.post(`${session}/xhr_send`, '["0123456789","0123456789"]');
  assert.equal((await server.post(`${session}/xhr`)).body, 'c[1008,"Too many messages are waiting"]\n');
});

test("the payload is looked at before the session; a closed one takes messages and drops them (facts §5, §6)", async (t) => {
  const seen: string[] = [];
  const server = await serve(t, {
    prefix: "/close",
    onConnection: (connection) => {
      connection.on("data", (message) => seen.push(message));
      connection.close(3000, "Go away!");
    },
  });
  assert.equal((await server.post(`${sessionAt("/close")}/xhr_send`, "[")).status, 500);
  const session = sessionAt("/close");
  await server.post(`${session}/xhr`);
  assert.equal((await server.post(`${session}/xhr_send`, '["late"]')).status, 204);
  assert.deepEqual(seen, []);
});

test("a POST without a length and without chunks has no body (facts §8)", async (t) => {
  const server = await serve(t, { prefix: "/echo", onConnection: echo });
  const connection = server.raw();
  connection.send(`POST ${sessionAt("/echo")}/xhr HTTP/1.1\r\nHost: x\r\n\r\n`);
  assert.equal((await connection.head()).status, 200);
  assert.equal((await connection.bytes(2)).toString(), "o\n");
});

test("admit decides who opens a session, and what the connection knows of them; meanwhile the id is taken", async (t) => {
  let decide: (admission: Admission) => void = () => undefined;
  const contexts: unknown[] = [];
  const server = await serve(t, {
    prefix: "/echo",
    admit: () => new Promise<Admission>((resolve) => (decide = resolve)),
    onConnection: ({ context }) => contexts.push(context),
  });
  const session = sessionAt("/echo");
  const asked = new Promise((resolve) => server.http.once("request", resolve));
  const waiting = server.post(`${session}/xhr`);
  await asked;
  assert.equal((await server.post(`${session}/xhr`)).body, 'c[2010,"Another connection still open"]\n');
  assert.equal((await server.post(`${session}/xhr_send`, "[]")).status, 404);
  decide({ ok: true, context: "ann" });
  assert.equal((await waiting).body, "o\n");
  assert.deepEqual(contexts, ["ann"]);

  const askedAgain = new Promise((resolve) => server.http.once("request", resolve));
  const refused = server.post(`${sessionAt("/echo")}/xhr`);
  await askedAgain;
  decide({ ok: false, status: 403, body: "no", headers: { "X-Why": "because" } });
  const { status, body, fields } = await refused;
  assert.deepEqual([status, body, fields.get("x-why")], [403, "no", "because"]);
});

test("without an address for the client's script there is no iframe page", async (t) => {
  const server = await serve(t, { prefix: "/echo", sockjs_url: false, onConnection: echo });
  assert.equal((await server.ask("/echo/iframe.html")).status, 404);
});

test("a jsessionid function that throws breaks its request off and is reported; the next one is answered", async (t) => {
  const faults: unknown[] = [];
  let isBroken = true;
  const server = await serve(t, {
    prefix: "/echo",
    on_error: (error, connection) => faults.push([String(error), connection]),
    jsessionid: () => {
      if (isBroken) throw new Error("thrown");
    },
    onConnection: echo,
  });
  await assert.rejects(server.post(`${sessionAt("/echo")}/xhr`), /the connection ended/);
  assert.deepEqual(faults, [["Error: thrown", undefined]]);
  isBroken = false;
  assert.equal((await server.post(`${sessionAt("/echo")}/xhr`)).body, "o\n");
});

test("a wrong method says which are right (facts §2)", async (t) => {
  const server = await serve(t, { prefix: "/echo", onConnection: echo });
  for (const [path, method, allow] of [
    ["/echo", "POST", "GET"],
    ["/echo/info", "DELETE", "OPTIONS, GET"],
    ["/echo/0/0/xhr", "GET", "OPTIONS, POST"],
    ["/echo/0/0/eventsource", "OPTIONS", "GET"],
    ["/echo/0/0/jsonp_send", "OPTIONS", "POST"],
  ] as const) {
    const answer = await server.ask(path, { method });
    assert.deepEqual([answer.status, answer.fields.get("allow"), answer.body], [405, allow, ""], path);
  }
});

test("with disable_cors, as the npm package has it, no answer is for pages of other origins; the same origin goes on", async (t) => {
  const server = await serve(t, { prefix: "/echo", disable_cors: true, onConnection: echo });
  const session = sessionAt("/echo");
  for (const [path, method, status] of [
    ["/echo/info", "GET", 200],
    ["/echo/info", "OPTIONS", 204],
    [`${session}/xhr`, "OPTIONS", 204],
    [`${session}/xhr`, "POST", 200],
    [`${session}/xhr_send`, "POST", 500],
    [`${session}/goodbye`, "POST", 204],
    [`${session}/xhr_send`, "POST", 500],
  ] as const) {
    const answer = await server.ask(path, { method, headers: { Origin: "https://other.test", "Access-Control-Request-Headers": "x" } });
    assert.equal(answer.status, status, path);
    const fields = [...answer.fields.keys()].filter((name) => name.startsWith("access-control-"));
    assert.deepEqual(fields, [], `${method} ${path}`);
  }
});

test("query parameters of the client's own are ignored, everywhere (facts §2)", async (t) => {
  const server = await serve(t, { prefix: "/echo", onConnection: echo });
  const session = sessionAt("/echo");
  assert.equal((await server.post(`${session}/xhr?t=1&token=2`)).body, "o\n");
  assert.equal((await server.post(`${session}/xhr_send/?t=2`, '["x"]')).status, 204);
  assert.equal((await server.ask(`${session}/jsonp?i=1&c=cb&t=3`)).body, String.raw`/**/cb("a[\"x\"]");` + "\r\n");
});

test("a client that says goodbye ends its session at once with 1000, its receiver included", async (t) => {
  const closes: unknown[] = [];
  const server = await serve(t, { prefix: "/echo", onConnection: (connection) => connection.on("close", (code) => closes.push(code)) });
  const session = sessionAt("/echo");
  const { connection } = await server.stream(`${session}/xhr_streaming`, { method: "POST" });
  await connection.chunk();
  assert.equal(await connection.chunk(), "o\n");
  assert.equal((await server.post(`${session}/goodbye`)).status, 204);
  assert.deepEqual(closes, [1000]);
  assert.equal(await connection.closed(), true);
  assert.equal((await server.post(`${session}/goodbye`)).status, 404);
});
