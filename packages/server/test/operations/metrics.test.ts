import assert from "node:assert/strict";
import { test } from "node:test";
import { EventLoopDelay } from "../../src/operations/event-loop-delay.ts";
import { ask } from "../http-fixture.ts";
import { openClient, startServer } from "../server-fixture.ts";

/** Each value by its name and labels. */
async function scrape(port: number): Promise<Map<string, number>> {
  const { text } = await ask(port, "/metrics");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

test("what happened on the server stands in its metrics, and reading them twice counts nothing twice", async (t) => {
  const { port, join } = await startServer(t);
  const ada = await join("Ada", "lobby");
  await join("Bo", "lobby");
  await ask(port, "/api/rooms/lobby/messages", { method: "POST", body: "x" });
  await ada.next("message");
  ada.send({ type: "leave", ref: 7, room: "nowhere" });
  await ada.next("error");
  await assert.rejects(openClient(`ws://localhost:${port}/elsewhere`));
  ada.socket.close(1000);
  await ada.ended;
  await scrape(port);
  const values = await scrape(port);
  const expected = {
    openline_ready: 1,
    openline_connections: 1,
    openline_sessions: 1,
    openline_messages_published_total: 1,
    'openline_errors_total{code="not-joined"}': 1,
    'openline_disconnects_total{code="1000"}': 1,
    'openline_handshakes_refused_total{code="not-found"}': 1,
    'openline_http_responses_total{method="POST",status="201"}': 1,
    'openline_slow_readers_total{policy="spill"}': 0,
    'openline_recoveries_total{recovered="true"}': 0,
    openline_webhook_pending: 0,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(values.get(name), value, name);
  assert.ok((values.get("openline_messages_sent_total") ?? 0) >= 6);
  assert.ok((values.get("process_resident_memory_bytes") ?? 0) > 1e6);
});

test("rooms, users and what a client makes up add no series: the number of them is bounded", async (t) => {
  const { port, join } = await startServer(t);
  const one = await join("u", "r");
  one.socket.close(4001);
  await one.ended;
  await ask(port, "/made-up", { method: "QUERY" });
  const before = new Set((await scrape(port)).keys());
  for (let index = 0; index < 20; index++) {
    const client = await join(`user${index}`, `room${index}`);
    await ask(port, `/api/rooms/room${index}/messages`, { method: "POST", body: "x" });
    await ask(port, `/made-up-${index}`, { method: index % 2 === 0 ? "PATCH" : "DELETE" });
    client.socket.close(4000 + index);
    await client.ended;
  }
  const added = [...(await scrape(port)).keys()].filter((name) => !before.has(name));
  assert.ok(added.length <= 3, added.join("\n"));
  assert.doesNotMatch(added.join("\n"), /user\d|room\d|made-up/);
});

for (const [p99Ms, status] of [
  [1000, "ready"],
  [1001, "overloaded"],
] as const) {
  test(`R1: a server whose event loop is ${p99Ms} ms late once in a hundred turns is ${status}`, async (t) => {
    t.mock.getter(EventLoopDelay.prototype, "last", () => ({ p50Ms: 1, p99Ms, maxMs: 5000 }));
    const { port } = await startServer(t);
    const answer = await ask(port, "/ready");
    assert.deepEqual([answer.status, answer.body?.["status"]], [status === "ready" ? 200 : 503, status]);
    assert.equal((await scrape(port)).get("openline_ready"), status === "ready" ? 1 : 0);
    assert.equal((await scrape(port)).get('openline_event_loop_delay_seconds{quantile="0.99"}'), p99Ms / 1000);
  });
}

test("the log has the end of each connection with its id, who ended it and a reason", async (t) => {
  const { join, logged, server } = await startServer(t);
  const left = await join("Ada");
  left.socket.close(1000);
  await left.ended;
  const cut = await join("Bo");
  cut.socket.terminate();
  await cut.ended;
  const sent = await join("Cy");
  await server.disconnect({ user: "Cy" }, "enough");
  await sent.ended;
  while (server.hub.connectionCount > 0) await new Promise((resolve) => setImmediate(resolve));
  const ends = logged.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === "connection-closed");
  assert.deepEqual(
    ends.map(({ by, code, level }) => [level, by, code]),
    [
      ["info", "client", 1000],
      ["info", "transport", 1006],
      ["info", "hub", 4404],
    ],
  );
  assert.equal(new Set(ends.map(({ connection }) => connection)).size, 3);
  assert.ok(ends.every(({ reason, session }) => typeof reason === "string" && reason !== "" && typeof session === "string"));
});
