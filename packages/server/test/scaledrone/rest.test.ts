import assert from "node:assert/strict";
import { test } from "node:test";
import { dataOf } from "../../src/scaledrone/rest.ts";
import type { ServerFixture } from "../server-fixture.ts";
import { RawDrone, secret, startScaledrone, tokenFor } from "./fixture.ts";

const basic = (channel: string, key = secret): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${channel}:${key}`).toString("base64")}`,
});

async function call(
  { port }: ServerFixture,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await fetch(`http://localhost:${port}${path}`, init);
  return { status: response.status, body: await response.json(), headers: response.headers };
}

test("Q: curl's line with a JSON type and a text that is no JSON reaches subscribers as text (facts/scaledrone §0.10)", async (t) => {
  const fixture = await startScaledrone(t);
  const drone = await RawDrone.enter(t, fixture, "open");
  await drone.ask({ type: "subscribe", room: "notifications" });
  const headers = { "content-type": "application/json" };
  const { status } = await call(fixture, "/open/notifications/publish", { method: "POST", headers, body: "Hello from Scaledrone" });
  const heard = await drone.next();
  assert.deepEqual([status, heard["message"], "client_id" in heard], [200, "Hello from Scaledrone", false]);
});

test("a body is JSON where it says so and is, else its text (facts/scaledrone §4)", () => {
  const bodies: [string, string | undefined, unknown][] = [
    ['{"a":1}', "application/json", { a: 1 }],
    ["Hello", "application/json; charset=utf-8", "Hello"],
    ['"Hello"', "application/json", "Hello"],
    ['{"a":1}', "text/plain", '{"a":1}'],
    ["嗨", undefined, "嗨"],
    ["a=1", "application/x-www-form-urlencoded", "a=1"],
    ["", undefined, ""],
  ];
  for (const [body, type, data] of bodies) assert.deepEqual(dataOf(Buffer.from(body), type), data);
});

test("JSON that could not be sent on as it came is refused with what is wrong", async (t) => {
  const fixture = await startScaledrone(t);
  const headers = { "content-type": "application/json" };
  for (const [body, reason] of [
    ["[".repeat(30_000) + "]".repeat(30_000), /nests deeper than the limit/],
    ["[1e999]", /beyond the range/],
  ] as const) {
    const refused = await call(fixture, "/open/a/publish", { method: "POST", headers, body });
    assert.equal(refused.status, 400);
    assert.match((refused.body as { message: string }).message, reason);
  }
});

test("one message to several rooms, named by r again and again", async (t) => {
  const fixture = await startScaledrone(t);
  const { status } = await call(fixture, "/open/publish/rooms?r=a&r=b%2Fc", { method: "POST", body: "both" });
  const rooms = await fixture.server.hub.rooms();
  assert.deepEqual([status, rooms.map(({ room }) => room).toSorted()], [200, ["open:a", "open:b/c"]]);
  const none = await call(fixture, "/open/publish/rooms", { method: "POST", body: "x" });
  assert.deepEqual([none.status, (none.body as { message: string }).message], [400, "name the rooms: ?r=ROOM&r=ROOM"]);
});

test("who is where: stats, members, rooms, a room's members, all of them; an empty room is an empty list", async (t) => {
  const fixture = await startScaledrone(t);
  const [ada, bo] = [await RawDrone.enter(t, fixture, "open"), await RawDrone.enter(t, fixture, "open")];
  await RawDrone.enter(t, fixture, "open");
  for (const room of ["one", "two"]) await ada.ask({ type: "subscribe", room });
  await bo.ask({ type: "subscribe", room: "two" });
  const get = async (path: string): Promise<unknown> => (await call(fixture, path)).body;
  assert.deepEqual(await get("/open/stats"), { users_count: 3 });
  assert.deepEqual(new Set((await get("/open/members")) as string[]), new Set([ada.clientId, bo.clientId]));
  assert.deepEqual(new Set((await get("/open/rooms")) as string[]), new Set(["one", "two"]));
  assert.deepEqual(await get("/open/one/members"), [ada.clientId]);
  assert.deepEqual(await get("/open/nobody/members"), []);
  const all = (await get("/open/room-members")) as Record<string, string[]>;
  assert.deepEqual([all["one"], all["two"]?.length], [[ada.clientId], 2]);
});

test("Basic with the channel's secret may everything, a token what it grants, nobody else anything; failures have a message", async (t) => {
  const fixture = await startScaledrone(t);
  const token = await tokenFor(undefined, { "^a$": { publish: true } });
  const bearer = { authorization: `Bearer ${token}` };
  const publish = async (room: string, headers: Record<string, string>): Promise<number> =>
    (await call(fixture, `/closed/${room}/publish`, { method: "POST", headers, body: "x" })).status;
  assert.deepEqual(
    [
      await publish("a", basic("closed")),
      await publish("a", bearer),
      await publish("b", bearer),
      await publish("a", basic("closed", "0123456789abcdef")),
      await publish("a", basic("open")),
      await publish("a", { authorization: "Bearer nonsense" }),
      await publish("a", {}),
    ],
    [200, 200, 403, 401, 401, 401, 401],
  );
  const refused = await call(fixture, "/closed/members");
  assert.match((refused.body as { message: string }).message, /asks for Basic CHANNEL:SECRET or a Bearer token/);
  assert.ok(!JSON.stringify(refused).includes(secret));
});

test("a token sees the rooms that it may subscribe to and who is there, and no others (facts/scaledrone §3)", async (t) => {
  const fixture = await startScaledrone(t);
  const drone = await RawDrone.enter(t, fixture, "closed");
  await drone.ask({ type: "authenticate", token: await tokenFor(drone.clientId, { ".*": { subscribe: true } }) });
  for (const room of ["public-a", "secret-b"]) await drone.ask({ type: "subscribe", room });
  const headers = {
    authorization: `Bearer ${await tokenFor(undefined, { "^public": { subscribe: true }, "^secret": { publish: true } })}`,
  };
  const get = async (path: string): Promise<unknown> => (await call(fixture, `/closed/${path}`, { headers })).body;
  assert.deepEqual(await get("rooms"), ["public-a"]);
  assert.deepEqual(await get("room-members"), { "public-a": [drone.clientId] });
  assert.deepEqual(await get("public-a/members"), [drone.clientId]);
  assert.equal((await call(fixture, "/closed/secret-b/members", { headers })).status, 403);
  assert.deepEqual(await get("stats"), { users_count: 1 });
  const all = (await call(fixture, "/closed/rooms", { headers: basic("closed") })).body as string[];
  assert.deepEqual(all.toSorted(), ["public-a", "secret-b"]);
});

test("what is too large, no UTF-8, or for no channel is refused; the hub's own routes stay what they are", async (t) => {
  const fixture = await startScaledrone(t);
  const post = async (path: string, body: string | Uint8Array): Promise<number> =>
    (await call(fixture, path, { method: "POST", body: body as string })).status;
  assert.deepEqual(
    [
      await post("/open/a/publish", "x".repeat(70_000)),
      await post("/open/a/publish", Uint8Array.of(0xc0, 0x80)),
      await post(`/open/${"x".repeat(300)}/publish`, "x"),
      await post("/nowhere/a/publish", "x"),
    ],
    [413, 400, 400, 404],
  );
  assert.equal((await call(fixture, "/api/rooms")).status, 200);
});

test("what the API does not have is 404, another method 405, each with a message that its clients read", async (t) => {
  const fixture = await startScaledrone(t);
  for (const [method, path, status, message] of [
    ["GET", "/open/nothing", 404, "Scaledrone's REST API has no GET /open/nothing"],
    ["POST", "/open/a/b/publish", 404, "Scaledrone's REST API has no POST /open/a/b/publish"],
    ["PUT", "/open/a/publish", 405, "PUT /open/a/publish is not possible, only GET and POST"],
  ] as const) {
    const { status: answered, body, headers } = await call(fixture, path, { method });
    assert.deepEqual([answered, (body as { message: string }).message], [status, message]);
    assert.equal(headers.get("access-control-allow-origin"), "*");
  }
});

test("pages of any origin may call with their token, for that is what proves; the preflight says so", async (t) => {
  const fixture = await startScaledrone(t);
  const headers = { origin: "https://anywhere.test" };
  const { status, headers: answered } = await call(fixture, "/open/rooms", { headers });
  assert.deepEqual([status, answered.get("access-control-allow-origin")], [200, "*"]);
  const preflight = await fetch(`http://localhost:${fixture.port}/open/a/publish`, {
    method: "OPTIONS",
    headers: { ...headers, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
  });
  assert.deepEqual([preflight.status, preflight.headers.get("access-control-allow-headers")], [204, "authorization, content-type"]);
});
