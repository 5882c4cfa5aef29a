import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { HubActivity } from "@openline/hub";
import { Webhook as Verifier } from "standardwebhooks";
import { createLog } from "../../src/log.ts";
import { webhookEventTypes } from "../../src/setting-entries/setting-choices.ts";
import { Webhook, type WebhookOptions } from "../../src/webhooks/webhook.ts";
import { type Backend, startBackend } from "./backend-fixture.ts";

const secret = "a plain secret of some length";
const joined = (room: string): HubActivity => ({ type: "join", session: "s1", user: "阿达", room, time: 1 });

function start(t: TestContext, backend: Backend, options: Partial<WebhookOptions> = {}): { webhook: Webhook; logged: string[] } {
  const logged: string[] = [];
  const log = createLog({ destination: { write: (line) => void logged.push(line) } });
  const webhook = new Webhook({
    url: backend.url,
    secret,
    events: webhookEventTypes,
    attempts: 3,
    timeoutMs: 5000,
    firstRetryMs: 1,
    log,
    ...options,
  });
  webhook.open();
  t.after(() => webhook.close(0));
  return { webhook, logged };
}

const roomsIn = ({ calls }: Backend): string[][] => calls.map(({ body }) => (body["events"] as { room: string }[]).map(({ room }) => room));

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("R21: events of one moment go out as one batch, in order, signed, each with an id of its own", async (t) => {
  const backend = await startBackend(t);
  const { webhook } = start(t, backend);
  for (const room of ["a", "b", "房"]) webhook.observe(joined(room));
  await backend.called(1);
  assert.deepEqual(roomsIn(backend), [["a", "b", "房"]]);
  const { headers, text } = backend.calls[0] ?? assert.fail();
  const { events } = new Verifier(secret, { format: "raw" }).verify(text, headers as Record<string, string>) as {
    events: { id: string }[];
  };
  assert.equal(new Set(events.map(({ id }) => id)).size, 3);
  await until(() => webhook.state().delivered === 3);
  assert.equal(webhook.state().pending, 0);
});

test("R21: what is not answered with 2xx is tried again, the same batch under the same id, and what came later waits behind it", async (t) => {
  const backend = await startBackend(t);
  const { webhook, logged } = start(t, backend);
  backend.answer = (_call, response) => void response.writeHead(backend.calls.length < 3 ? 503 : 200).end();
  webhook.observe(joined("a"));
  await backend.called(1);
  webhook.observe(joined("b"));
  await until(() => webhook.state().delivered === 2);
  const rooms = roomsIn(backend);
  assert.deepEqual([rooms[0], rooms.flat().filter((room, index, all) => all.indexOf(room) === index)], [["a"], ["a", "b"]]);
  for (const batch of rooms) assert.deepEqual(batch, batch.toSorted(), "the order is kept in every attempt");
  const attempts = backend.calls.map(({ body }) => (body["events"] as { id: string }[])[0]?.id);
  assert.equal(attempts[0], attempts[1], "an event keeps its id when it is delivered again");
  assert.equal(webhook.state().lastFailure, `${new URL(backend.url).host} answered 503`);
  assert.ok(logged.some((line) => line.includes("was not delivered")));
  assert.ok(!logged.join().includes(secret));
});

test("R21: after the last attempt events are dead letters, seen in the state and the log, and can be tried again", async (t) => {
  const backend = await startBackend(t);
  const { webhook, logged } = start(t, backend, { attempts: 2 });
  backend.answer = (_call, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
  webhook.observe(joined("a"));
  await until(() => webhook.state().deadLetters === 1);
  const [letter] = webhook.deadLetters();
  assert.match(letter?.reason ?? "", /answered 302: redirects are not followed \(attempt 2 of 2\)/);
  assert.equal(backend.calls.length, 2);
  assert.ok(logged.some((line) => line.includes("dead letters") && line.includes('"error"')));
  backend.answer = (_call, response) => void response.end();
  assert.equal(webhook.retryDeadLetters(), 1);
  await until(() => webhook.state().delivered === 1);
  assert.deepEqual(webhook.deadLetters(), []);
});

test("R21: the outbox is bounded: what has no room is a dead letter, and the log says so", async (t) => {
  const backend = await startBackend(t);
  backend.answer = () => undefined;
  const { webhook, logged } = start(t, backend, { limits: { events: 2 } });
  for (const room of ["a", "b", "c"]) webhook.observe(joined(room));
  const { pending, deadLetters } = webhook.state();
  assert.deepEqual([pending, deadLetters], [2, 1]);
  assert.ok(logged.some((line) => line.includes("outbox is full")));
});

test("only the events that were asked for go out", async (t) => {
  const backend = await startBackend(t);
  const { webhook } = start(t, backend, { events: ["occupied"] });
  webhook.observe(joined("a"));
  webhook.observe({ type: "occupied", room: "a", time: 1 });
  await backend.called(1);
  assert.match(backend.calls[0]?.text ?? "", /^\{"events":\[\{"id":"e[\w-]+","type":"occupied","time":1,"room":"a"\}\]\}$/);
});

test("R21: with a data directory the outbox survives the process: what waited is delivered by the next one, before anything newer", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-webhook-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const backend = await startBackend(t);
  await backend.close();
  const first = start(t, backend, { folder, attempts: 100 });
  first.webhook.observe(joined("a"));
  first.webhook.observe(joined("b"));
  await until(() => first.webhook.state().failures > 0);
  await first.webhook.close(0);
  await backend.reopen();
  const { webhook } = start(t, backend, { folder });
  webhook.observe(joined("c"));
  await until(() => webhook.state().delivered === 3);
  assert.deepEqual(roomsIn(backend).flat(), ["a", "b", "c"]);
});

test("what was done before the data directory was open is not lost", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-webhook-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const backend = await startBackend(t);
  const log = createLog({ level: "silent" });
  const webhook = new Webhook({ url: backend.url, secret, events: ["join"], attempts: 1, timeoutMs: 5000, folder, log });
  t.after(() => webhook.close(0));
  webhook.observe(joined("early"));
  webhook.open();
  await backend.called(1);
  assert.deepEqual(roomsIn(backend), [["early"]]);
});

test("at the end what waits is delivered at once; what cannot be is told as lost", async (t) => {
  const backend = await startBackend(t);
  const good = start(t, backend);
  good.webhook.observe(joined("a"));
  await good.webhook.close(5000);
  assert.deepEqual(roomsIn(backend), [["a"]]);
  await backend.close();
  const bad = start(t, backend);
  bad.webhook.observe(joined("b"));
  await bad.webhook.close(5000);
  assert.ok(bad.logged.some((line) => line.includes("they are lost: there is no --data")));
});

test("R21: with parallel 8 a session whose batch hangs holds up no other; the events of each keep their order", async (t) => {
  const backend = await startBackend(t);
  const { webhook } = start(t, backend, { parallel: 8 });
  const sessionsOf = ({ body }: Backend["calls"][number]): string[] =>
    (body["events"] as { session: string }[]).map(({ session }) => session);
  let release = (): void => assert.fail("the first batch has come");
  backend.answer = (call, response) => {
    const isFirst = sessionsOf(call).includes("s0") && backend.calls.filter((each) => sessionsOf(each).includes("s0")).length === 1;
    if (isFirst) release = () => response.end();
    else response.end();
  };
  for (let n = 0; n < 5; n++) {
    for (let session = 0; session < 20; session++) webhook.observe({ type: "join", session: `s${session}`, room: `${n}`, time: 1 });
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  const roomsOf = (session: string): string[] =>
    backend.calls.flatMap(({ body }) =>
      (body["events"] as { session: string; room: string }[]).filter((event) => event.session === session).map(({ room }) => room),
    );
  // Those that are in the lane of the one that hangs wait with it; with 20 sessions on 8 lanes most are not.
  await until(() => Array.from({ length: 20 }, (_, n) => roomsOf(`s${n}`)).filter((rooms) => rooms.length === 5).length >= 8);
  assert.deepEqual(roomsOf("s0"), ["0"]);
  release();
  await until(() => webhook.state().delivered === 100);
  for (let n = 0; n < 20; n++) assert.deepEqual(roomsOf(`s${n}`), ["0", "1", "2", "3", "4"]);
});
