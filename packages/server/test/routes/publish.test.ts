import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { type Answer, startApp } from "../http-fixture.ts";

const path = "/api/rooms/lobby/messages";

function assertProblem(answer: Answer, status: number, code: string, detail?: RegExp): void {
  assert.deepEqual([answer.status, answer.body?.["code"]], [status, code], answer.text);
  if (detail !== undefined) assert.match(String(answer.body?.["detail"]), detail);
}

test("a stored message is 201 with the room and the position", async (t) => {
  const { ask, rooms } = await startApp(t);
  const answer = await ask(path, { method: "POST", body: "hello", headers: { "content-type": "text/plain" } });
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.body, { room: "lobby", position: "e.1.t" });
  assert.deepEqual(rooms.published, [{ room: "lobby", publication: { data: "hello" } }]);
});

test("a duplicate is 200 with the first position and says so", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.outcome = { outcome: "duplicate", position: "e.1.t" };
  const answer = await ask(path, { method: "POST", body: "hello", headers: { "idempotency-key": "k1" } });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, { room: "lobby", position: "e.1.t", duplicate: true });
  assert.equal(rooms.published[0]?.publication.id, "k1");
});

const rejections: [string, number][] = [
  ["id-conflict", 409],
  ["bad-name", 400],
  ["bad-message", 400],
  ["forbidden", 403],
  ["rate-limited", 429],
  ["internal", 500],
];
for (const [code, status] of rejections) {
  test(`the hub's ${code} is ${status}, with the hub's text`, async (t) => {
    const { ask, rooms } = await startApp(t);
    rooms.outcome = { outcome: "rejected", code: code as "id-conflict", message: "because so" };
    assertProblem(await ask(path, { method: "POST", body: "x" }), status, code, /^because so$/);
  });
}

test("an unknown outcome is 503, and says how to go on", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.outcome = { outcome: "unknown" };
  const answer = await ask(path, { method: "POST", body: "x", headers: { "idempotency-key": "k" } });
  assertProblem(answer, 503, "unknown-outcome", /same Idempotency-Key/);
  assert.equal(answer.headers["retry-after"], "1");
});

const rooms: [string, string][] = [
  ["%E4%BD%A0%E5%A5%BD", "你好"],
  ["%F0%9F%91%8B%F0%9F%8F%BD", "👋🏽"],
  ["e%CC%81", "e\u0301"],
  ["a%2Fb", "a/b"],
  ["..%2F..", "../.."],
  ["%2e%2e", ".."],
  ["%25", "%"],
  ["a%3Fb%23c", "a?b#c"],
  ["a+b%20c", "a+b c"],
];
for (const [segment, room] of rooms) {
  test(`U: the path ${segment} is the room ${room}`, async (t) => {
    const fixture = await startApp(t);
    const answer = await fixture.ask(`/api/rooms/${segment}/messages`, { method: "POST", body: "你好 👋 e\u0301" });
    assert.equal(answer.body?.["room"], room);
    assert.deepEqual(fixture.rooms.published[0], { room, publication: { data: "你好 👋 e\u0301" } });
  });
}

const badRooms: [string, string][] = [
  ["%", "bad-path"],
  ["%FF", "bad-path"],
  ["%E4%BD", "bad-path"],
  ["%ED%A0%80", "bad-path"],
  ["a%00b", "bad-name"],
  ["%20a", "bad-name"],
  ["%24system", "bad-name"],
  ["x".repeat(256), "bad-name"],
  ["%E4%BD%A0".repeat(86), "bad-name"],
];
for (const [segment, code] of badRooms) {
  test(`the room ${segment.slice(0, 20)} is refused: ${code}`, async (t) => {
    const fixture = await startApp(t);
    assertProblem(await fixture.ask(`/api/rooms/${segment}/messages`, { method: "POST", body: "x" }), 400, code);
    assert.equal(fixture.rooms.published.length, 0);
  });
}

test("a room name of exactly 255 bytes is fine", async (t) => {
  const { ask } = await startApp(t);
  const answer = await ask(`/api/rooms/${"%E4%BD%A0".repeat(85)}/messages`, { method: "POST", body: "x" });
  assert.equal(answer.body?.["room"], "你".repeat(85));
});

test("JSON by content type is data, else the body is text", async (t) => {
  const { ask, rooms } = await startApp(t);
  const bodies: [string | undefined, string, unknown][] = [
    ["application/json", '{"a":[1,"你"]}', { a: [1, "你"] }],
    ["application/vnd.x+json; charset=utf-8", "null", null],
    ["text/plain", '{"a":1}', '{"a":1}'],
    [undefined, "plain", "plain"],
    ["text/plain", "", ""],
  ];
  for (const [type, body, data] of bodies) {
    const answer = await ask(path, { method: "POST", body, headers: type === undefined ? {} : { "content-type": type } });
    assert.equal(answer.status, 201, answer.text);
    assert.deepEqual(rooms.published.pop()?.publication.data, data);
  }
});

test("a body that cannot be taken is refused with a code, whatever is wrong with it", async (t) => {
  const { ask, rooms } = await startApp(t);
  const post = (body: string | Uint8Array, headers: Record<string, string>): Promise<Answer> =>
    ask(path, { method: "POST", body, headers });
  assertProblem(await post("Hello from Scaledrone", { "content-type": "application/json" }), 400, "bad-json", /not JSON.*text\/plain/);
  assertProblem(await post(Uint8Array.of(0xff, 0xfe), { "content-type": "text/plain" }), 400, "bad-utf8");
  assertProblem(
    await post("--x--", { "content-type": "multipart/form-data; boundary=x" }),
    415,
    "wrong-content-type",
    /multipart\/form-data/,
  );
  assertProblem(await post("x", { "content-type": "text/plain; charset=gbk" }), 415, "wrong-content-type", /gbk/);
  assertProblem(await post("x", { "content-encoding": "gzip" }), 415, "wrong-content-type", /gzip/);
  assertProblem(await post("[".repeat(30_000) + "]".repeat(30_000), { "content-type": "application/json" }), 400, "bad-message", /128/);
  for (const key of ["", "a b", "x".repeat(65), "k\u00e9"])
    assertProblem(await post("x", { "idempotency-key": key }), 400, "bad-idempotency-key", /1 to 64/);
  assert.equal(rooms.published.length, 0);
});

test("a body of the limit is taken, one byte more is 413 and names the limit, with a length or without", async (t) => {
  const { ask, rooms } = await startApp(t, { bodyLimitBytes: 1000 });
  assert.equal((await ask(path, { method: "POST", body: "x".repeat(1000) })).status, 201);
  assertProblem(await ask(path, { method: "POST", body: "x".repeat(1001) }), 413, "body-too-large", /1000 bytes/);
  assertProblem(
    await ask(path, { method: "POST", body: "x".repeat(1001), headers: { "transfer-encoding": "chunked" } }),
    413,
    "body-too-large",
  );
  assert.equal(rooms.published.length, 1);
});

test("a client that goes away in the middle of a body is not logged as a fault, and nothing is published", async (t) => {
  const { port, rooms, logged, ask } = await startApp(t);
  const socket = connect(port, "127.0.0.1");
  socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 100\r\n\r\nhalf`);
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.end();
  await new Promise((resolve) => socket.once("close", resolve).resume());
  assert.equal((await ask("/health")).status, 200);
  assert.deepEqual([rooms.published.length, logged.length], [0, 0]);
});

test("the query names the author, and asks for an ephemeral message: 202, nothing stored", async (t) => {
  const { ask, rooms } = await startApp(t);
  rooms.outcome = { outcome: "sent" };
  const answer = await ask(`${path}?user=%E7%B3%BB%E7%BB%9F%20%F0%9F%A4%96&ephemeral=true`, { method: "POST", body: "x" });
  assert.deepEqual([answer.status, answer.body], [202, { room: "lobby" }]);
  assert.deepEqual(rooms.published[0]?.publication, { data: "x", user: "系统 🤖", ephemeral: true });
});

const badQueries: [string, RegExp][] = [
  ["?usr=x", /"usr", which is not known here/],
  ["?user=a&user=b", /"user" stands more than once/],
  ["?user=%20a", /user/],
  ["?ephemeral=yes", /true or false/],
];
for (const [query, detail] of badQueries) {
  test(`the query ${query} is refused and named`, async (t) => {
    const { ask, rooms } = await startApp(t);
    assertProblem(await ask(path + query, { method: "POST", body: "x" }), 400, "bad-query", detail);
    assert.equal(rooms.published.length, 0);
  });
}

const many = (messages: unknown): { method: string; body: string; headers: Record<string, string> } => ({
  method: "POST",
  body: JSON.stringify({ messages }),
  headers: { "content-type": "application/json" },
});

test("N: many messages are published, those to one room in their order; each has its own outcome", async (t) => {
  const { ask, rooms } = await startApp(t);
  const answer = await ask(
    "/api/messages",
    many([
      { room: "a", data: 1, id: "m1", user: "阿达" },
      { room: "b", data: { text: "你好" } },
      { room: "a", data: null, ephemeral: true },
    ]),
  );
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body, {
    results: [
      { outcome: "stored", room: "a", position: "e.1.t" },
      { outcome: "stored", room: "b", position: "e.1.t" },
      { outcome: "stored", room: "a", position: "e.1.t" },
    ],
  });
  const toA = rooms.published.filter(({ room }) => room === "a").map(({ publication }) => publication);
  assert.deepEqual(toA, [
    { data: 1, id: "m1", user: "阿达" },
    { data: null, ephemeral: true },
  ]);
});

test("one of many that cannot be stored has a problem of its own, and the others are published", async (t) => {
  const { ask, rooms } = await startApp(t, { bodyLimitBytes: 100 });
  rooms.outcome = { outcome: "rejected", code: "id-conflict", message: "because so" };
  const conflict = await ask(
    "/api/messages",
    many([
      { room: "a", data: 1 },
      { room: "b", data: "x".repeat(99) },
    ]),
  );
  const results: { outcome: string; problem: { status: number; code: string } }[] = JSON.parse(conflict.text).results;
  const problems = results.map(({ outcome, problem }) => [outcome, problem.status, problem.code]);
  assert.deepEqual(problems, [
    ["rejected", 409, "id-conflict"],
    ["rejected", 413, "body-too-large"],
  ]);
  rooms.outcome = { outcome: "unknown" };
  const unknown = await ask("/api/messages", many([{ room: "a", data: 1 }]));
  assert.match(unknown.text, /"outcome":"unknown","room":"a","problem":\{.*"unknown-outcome"/);
});

const badMany: [unknown, RegExp][] = [
  [[], /messages: messages must not be empty/],
  ["x", /messages: messages must be a list/],
  [[{ room: "a" }], /data/],
  [[{ room: "$a", data: 1 }], /messages\.0\.room: .*belongs? to the system/],
  [[{ room: "a", data: 1, idd: "x" }], /"messages\.0\.idd", which is not known/],
  [Array.from({ length: 1001 }, () => ({ room: "a", data: 1 })), /at most 1000/],
];
for (const [messages, detail] of badMany) {
  test(`many messages ${JSON.stringify(messages).slice(0, 40)} are refused as a whole, and nothing is published`, async (t) => {
    const { ask, rooms } = await startApp(t);
    assertProblem(await ask("/api/messages", many(messages)), 400, "bad-message", detail);
    assert.equal(rooms.published.length, 0);
  });
}

test("many messages must come as JSON, in an object", async (t) => {
  const { ask } = await startApp(t);
  assertProblem(await ask("/api/messages", { method: "POST", body: "x" }), 415, "wrong-content-type");
  const headers = { "content-type": "application/json" };
  assertProblem(await ask("/api/messages", { method: "POST", body: "[]", headers }), 400, "bad-message", /object|messages/);
  assertProblem(await ask("/api/messages", { method: "POST", body: "{}", headers }), 400, "bad-message", /lacks "messages"/);
});
