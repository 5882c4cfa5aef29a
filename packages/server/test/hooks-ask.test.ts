import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import type { JoinAsk, PublishAsk } from "@openline/hub";
import * as v from "valibot";
import { ApplicationGuard, type AskOptions, askAnswer, askBody } from "../src/hooks-ask.ts";
import { createLog } from "../src/log.ts";
import { askTopics } from "../src/setting-entries/setting-choices.ts";
import { type Backend, startBackend } from "./webhooks/backend-fixture.ts";

const join: JoinAsk = { session: "s1", user: "阿达", subject: "u1", room: "房间", data: { a: 1 } };
const publish: PublishAsk = { ...join, id: "p1", ephemeral: false };

async function setUp(
  t: TestContext,
  options: Partial<AskOptions> = {},
): Promise<{ backend: Backend; guard: ApplicationGuard; logged: string[] }> {
  const backend = await startBackend(t);
  const logged: string[] = [];
  const log = createLog({ destination: { write: (line) => void logged.push(line) } });
  const guard = new ApplicationGuard({ url: backend.url, secret: undefined, about: askTopics, timeoutMs: 60_000, log, ...options });
  return { backend, guard, logged };
}

const answering =
  (body: unknown, status = 200) =>
  (_call: unknown, response: ServerResponse): void =>
    void response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));

test("each topic is asked with who it is and what it wants, as it is described", async (t) => {
  const { backend, guard } = await setUp(t);
  backend.answer = answering({ allow: true });
  assert.deepEqual(await guard.connect?.({ user: "阿达", token: "t", info: { remoteAddress: "10.0.0.1" }, session: undefined }), {
    change: {},
  });
  assert.equal(await guard.join?.(join), undefined);
  assert.equal(await guard.publish?.(publish), undefined);
  assert.equal(await guard.send?.({ ...join, to: "Bo", data: "hi" }), undefined);
  const asked = backend.calls.map(({ body }) =>
    Object.fromEntries(Object.entries(body).filter(([name]) => name !== "id" && name !== "time")),
  );
  assert.deepEqual(asked, [
    { type: "connect", user: "阿达", token: "t", remoteAddress: "10.0.0.1" },
    { type: "join", user: "阿达", subject: "u1", room: "房间", data: { a: 1 } },
    { type: "publish", user: "阿达", subject: "u1", room: "房间", data: { a: 1 }, publishId: "p1", ephemeral: false },
    { type: "send", user: "阿达", subject: "u1", to: "Bo", data: "hi" },
  ]);
  for (const { body } of backend.calls) assert.ok(v.safeParse(askBody, body).success);
});

test("what is not asked about passes without a call", async (t) => {
  const { guard } = await setUp(t, { about: ["connect"] });
  assert.deepEqual([guard.join, guard.publish, guard.send], [undefined, undefined, undefined]);
});

test("the answer changes who it is, or the data; or refuses with a reason and a code", async (t) => {
  const { backend, guard } = await setUp(t);
  const connect = { user: "x", token: undefined, info: {}, session: undefined };
  backend.answer = answering({ allow: true, user: "Ada", subject: "u7" });
  assert.deepEqual(await guard.connect?.(connect), { change: { user: "Ada", subject: "u7" } });
  backend.answer = answering({ allow: true, data: [1] });
  assert.deepEqual(await guard.publish?.(publish), { change: { data: [1] } });
  backend.answer = answering({ allow: false, reason: "太快了", code: "rate-limited", retryAfterMs: 500 });
  assert.deepEqual(await guard.publish?.(publish), { refuse: { code: "rate-limited", message: "太快了", retryAfterMs: 500 } });
  backend.answer = answering({ allow: false });
  assert.deepEqual(await guard.join?.(join), { refuse: { code: "forbidden", message: "the application does not allow this" } });
});

const unclear: [string, unknown, number, RegExp][] = [
  ["a 500", { allow: true }, 500, /answered 500, not 200/],
  ["a 204", "", 204, /answered 204, not 200/],
  ["a redirect", "", 302, /answered 302, not 200/],
  ["no JSON", "yes", 200, /not valid JSON/],
  ["an answer without allow", {}, 200, /its answer is none/],
  ["allow as text", { allow: "true" }, 200, /its answer is none/],
  ["an answer without end", `{"allow":true,"x":"${"x".repeat(70_000)}"}`, 200, /larger than 65536 bytes/],
];
for (const [what, body, status, reason] of unclear) {
  test(`${what} is no permission: refused with internal, and the log has why (fail closed)`, async (t) => {
    const { backend, guard, logged } = await setUp(t);
    backend.answer = answering(body, status);
    const verdict = await guard.join?.(join);
    assert.ok(verdict !== undefined && "refuse" in verdict);
    assert.equal(verdict.refuse.code, "internal");
    assert.match(logged.join(), reason);
  });
}

test("a backend that is silent or away refuses within the time, and its address's secrets are not logged", async (t) => {
  const backend = await startBackend(t);
  const logged: string[] = [];
  const log = createLog({ destination: { write: (line) => void logged.push(line) } });
  backend.answer = () => undefined;
  const guard = new ApplicationGuard({
    url: `${backend.url}?key=hush`,
    secret: "s3cret-s3cret-s3cret",
    about: askTopics,
    timeoutMs: 50,
    log,
  });
  assert.ok("refuse" in ((await guard.join?.(join)) ?? {}));
  await backend.close();
  assert.ok("refuse" in ((await guard.join?.(join)) ?? {}));
  assert.match(logged.join(), /did not answer within \d+ ms/);
  assert.doesNotMatch(logged.join(), /hush|s3cret/);
});

test("R6: equal asks that are under way are one call; publishes are each their own", async (t) => {
  const { backend, guard } = await setUp(t);
  const waiting: ServerResponse[] = [];
  backend.answer = (_call, response) => void waiting.push(response);
  const release = (): void => {
    for (const response of waiting.splice(0)) response.end('{"allow":true}');
  };
  const joins = Promise.all([guard.join?.(join), guard.join?.({ ...join, session: "s2" }), guard.join?.({ ...join, room: "other" })]);
  await backend.called(2);
  release();
  await joins;
  assert.deepEqual(
    backend.calls.map(({ body }) => body["room"]),
    ["房间", "other"],
  );
  const publishes = Promise.all([guard.publish?.(publish), guard.publish?.(publish)]);
  await backend.called(4);
  release();
  await publishes;
  const again = guard.join?.(join);
  await backend.called(5);
  release();
  await again;
});

test("sessions without an authenticated user are asked about one by one", async (t) => {
  const { backend, guard } = await setUp(t);
  backend.answer = answering({ allow: true });
  const anonymous = { ...join, subject: undefined };
  await Promise.all([guard.join?.(anonymous), guard.join?.({ ...anonymous, session: "s2" })]);
  assert.deepEqual(backend.calls.map(({ body }) => body["session"]).toSorted(), ["s1", "s2"]);
});

test("no more than so many asks are under way; the others take their turn, in time or not at all", async (t) => {
  const { backend, guard } = await setUp(t, { mostAtOnce: 1 });
  let atOnce = 0;
  let most = 0;
  backend.answer = (_call, response) => {
    most = Math.max(most, ++atOnce);
    setTimeout(() => {
      atOnce--;
      response.end('{"allow":true}');
    }, 5);
  };
  const verdicts = await Promise.all([1, 2, 3].map(async (data) => await guard.publish?.({ ...publish, data })));
  assert.deepEqual([verdicts, most], [[undefined, undefined, undefined], 1]);
  const silent = await setUp(t, { mostAtOnce: 1, timeoutMs: 300 });
  silent.backend.answer = () => undefined;
  const refused = await Promise.all([1, 2].map(async (data) => await silent.guard.publish?.({ ...publish, data })));
  assert.ok(refused.every((verdict) => verdict !== undefined && "refuse" in verdict));
});

test("the schema of answers takes what it should", () => {
  assert.ok(v.safeParse(askAnswer, { allow: true, more: 1 }).success);
  assert.ok(!v.safeParse(askAnswer, { allow: false, code: "internal" }).success);
});
