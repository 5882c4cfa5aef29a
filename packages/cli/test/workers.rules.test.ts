// `openline serve --workers 3`: three processes behind one port behave as one. The built binary and the real client.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client } from "@openline/client";
import { noRedis } from "@openline/testkit";
import { assertFull, comeIn } from "./handshakes.ts";
import { connect, type Listener, listen, startNode, startRedis, until, Writer } from "./nodes-fixture.ts";
import { Visitors } from "./visitors.ts";
import { type Crew, isAlive, startCrew, startCrewIn } from "./workers-fixture.ts";

/** The primary hands out connections in turn; on later Nodes the system shares the port. */
const isInTurn = /^2[02]\./.test(process.versions.node);

interface Rooms {
  readonly rooms: readonly { room: string; members: number; messages: number }[];
}

async function ask<T>(url: string): Promise<T> {
  const answer = await fetch(url, { headers: { connection: "close" } });
  assert.equal(answer.status, 200);
  return (await answer.json()) as T;
}

async function listeners(t: TestContext, { port }: Crew, count: number): Promise<Listener[]> {
  const all: Listener[] = [];
  for (let index = 0; index < count; index++) all.push(await listen(connect(t, port, { user: `user-${index % 2}` }), "lobby"));
  return all;
}

/** Metrics as a map from the line's beginning to its value. */
async function metrics({ url }: Crew): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

test("contract 10: three workers behind one port behave as one", async (t) => {
  const crew = await startCrew(t, 3);
  assert.equal(crew.workers().length, 3);
  const all = await listeners(t, crew, 6);
  const sessions = all.map(({ client }) => client.session ?? "").toSorted();
  const [one] = all;
  assert.ok(one !== undefined);

  await t.test("presence: every client is told all members, and whichever worker answers the API has them", async () => {
    await until("all know all", () => all.every((listener) => listener.sessions().join() === sessions.join()));
    for (let index = 0; index < 6; index++) {
      const { rooms } = await ask<Rooms>(`${crew.url}/api/rooms`);
      assert.deepEqual(
        rooms.map(({ room, members }) => [room, members]),
        [["lobby", 6]],
      );
      const { users } = await ask<{ users: unknown[] }>(`${crew.url}/api/users`);
      assert.deepEqual(users, [
        { user: "user-0", sessions: 3 },
        { user: "user-1", sessions: 3 },
      ]);
      const { connections } = await ask<{ connections: number }>(`${crew.url}/health`);
      assert.equal(connections, 6);
    }
  });

  await t.test("order: publishes on all workers at once are heard by all, once, in one order", async () => {
    const sent = all.map(({ client }, lane) => Promise.all(Array.from({ length: 50 }, (_, at) => client.publish("lobby", { lane, at }))));
    await Promise.all(sent);
    await until("all heard", () => all.every(({ messages }) => messages.length >= 300));
    for (const { messages, events } of all) {
      assert.deepEqual(
        messages.map(({ position }) => position),
        one.messages.map(({ position }) => position),
      );
      assert.deepEqual([new Set(messages.map(({ position }) => position)).size, events], [300, []]);
    }
  });

  await t.test("direct messages reach all connections of a user, and ephemeral ones everybody", async () => {
    const heard: string[] = [];
    for (const [index, { client }] of all.entries()) client.on("direct", ({ data }) => heard.push(`${index} ${String(data)}`));
    assert.deepEqual(await one.client.send("user-1", "hello"), { delivered: 3 });
    await until("they heard", () => heard.length >= 3);
    assert.deepEqual(heard.toSorted(), ["1 hello", "3 hello", "5 hello"]);
    await one.client.publish("lobby", "now", { ephemeral: true });
    await until("it came", () => all.slice(1).every(({ events }) => events.includes("ephemeral now")));
  });

  await t.test("metrics: one answer has the sum of all workers, whichever gives it", async () => {
    for (let index = 0; index < 3; index++) {
      const sums = await metrics(crew);
      assert.deepEqual([sums.get("openline_connections"), sums.get("openline_ready")], [6, 1]);
      assert.equal(sums.get("openline_messages_published_total"), 301);
      assert.ok((sums.get("process_resident_memory_bytes") ?? 0) > 120_000_000, "four processes");
    }
  });

  await t.test("a session is disconnected from any worker, and the answer counts it", async () => {
    const last = all.at(-1)?.client;
    assert.ok(last !== undefined);
    const ended = new Promise((resolve) => last.on("state", (state, { code }) => state === "closed" && resolve(code)));
    const headers = { "content-type": "application/json", connection: "close" };
    const body = JSON.stringify({ session: last.session });
    const answer = await fetch(`${crew.url}/api/disconnect`, { method: "POST", headers, body });
    assert.deepEqual([answer.status, await answer.json()], [202, { sessions: 1 }]);
    assert.equal(await ended, 4404);
  });

  await t.test("R8: SIGTERM closes the connections of all workers with 1001 and leaves no process", async () => {
    const pids = crew.workers();
    const codes = new Map<Client, number | undefined>();
    // The first one that each hears: a client that comes back at once may meet the port when it is closed.
    for (const { client } of all.slice(0, 5))
      client.on("state", (state, { code }) => state === "waiting" && !codes.has(client) && codes.set(client, code));
    crew.started.child.kill("SIGTERM");
    assert.equal(await crew.started.ended, 0, crew.started.err());
    await until("all were told", () => codes.size === 5);
    assert.deepEqual([...codes.values()], [1001, 1001, 1001, 1001, 1001]);
    assert.deepEqual(pids.filter(isAlive), []);
  });
});

test("contract 10: a worker that is killed while others publish loses only its connections: all recover, and another takes its place", async (t) => {
  const crew = await startCrew(t, 3, "--history-messages", "20000");
  const all = await listeners(t, crew, 6);
  const [watcher] = all;
  assert.ok(watcher !== undefined);
  const writers = all.slice(0, 3).map(({ client }, index) => new Writer(`w${index}`, client));
  await until("they publish", () => writers.every(({ acknowledged }) => acknowledged.length > 20));
  // One after another, so that those who came back from the first may lose their worker again.
  for (let round = 1; round <= 2; round++) {
    const before = all.map(({ client }) => client.session ?? "");
    const joined = all.map(({ joins }) => joins.length);
    const [victim = 0] = crew.workers();
    process.kill(victim, "SIGKILL");
    await crew.renewed(3, [victim]);
    await until("all are in the room", () => all.every(({ client, room }) => client.state === "connected" && room.state === "joined"));
    const enough = writers.map(({ acknowledged }) => acknowledged.length + 20);
    await until("they publish on", () => writers.every(({ acknowledged }, index) => acknowledged.length > (enough[index] ?? 0)));
    // Whoever was on the killed worker has another session now; the old one is nobody's presence any more.
    const after = all.map(({ client }) => client.session ?? "");
    const gone = before.filter((session) => !after.includes(session));
    assert.equal(all.filter(({ joins }, index) => joins.length > (joined[index] ?? 0)).length, gone.length, "nobody else was sent away");
    // In turn, some were on it; where the system shares the port, as many as it put there.
    if (isInTurn) assert.ok(gone.length > 0);
    await until("the list is that of the living", () => watcher.sessions().join() === after.toSorted().join());
    t.diagnostic(`${gone.length} sessions gone with their worker`);
  }
  await Promise.all(writers.map(async (writer) => await writer.stop()));
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  await until("all heard all", () => {
    const heard = all.map((listener) => new Set(listener.data()));
    return heard.every((data) => data.size === heard[0]?.size && acknowledged.every((each) => data.has(each)));
  });
  for (const { joins, events, messages } of all) {
    assert.ok(joins.slice(1).every(({ recovered }) => recovered === true));
    assert.ok(events.every((event) => event.startsWith("left ")));
    assert.deepEqual(
      messages.map(({ position }) => position),
      watcher.messages.map(({ position }) => position),
    );
    assert.equal(new Set(messages.map(({ data }) => data)).size, messages.length, "each once");
  }
  t.diagnostic(`${acknowledged.length} acknowledged`);
  assert.equal(crew.started.out().match(/"how":"SIGKILL".*"msg":"a worker died: another one takes its place"/g)?.length, 2);
});

test("a primary that is killed leaves no worker behind, and no folder", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const crew = await startCrewIn(t, { TMPDIR: folder }, 2);
  const pids = crew.workers();
  assert.notEqual(readdirSync(folder).length, 0);
  crew.started.child.kill("SIGKILL");
  assert.equal(await crew.started.ended, "SIGKILL");
  await until("they are gone", () => !pids.some(isAlive), 20_000);
  await until("the folders are gone", () => readdirSync(folder).length === 0);
});

test("a worker whose primary stands still is not ready, and is again when it goes on", async (t) => {
  const crew = await startCrew(t, 1);
  // Over a connection that the worker has already: new ones come through the primary.
  const status = async (): Promise<string> => {
    try {
      const answer = await fetch(`${crew.url}/ready`, { signal: AbortSignal.timeout(2_000) });
      return ((await answer.json()) as { status: string }).status;
    } catch {
      return "no answer";
    }
  };
  assert.equal(await status(), "ready");
  crew.started.child.kill("SIGSTOP");
  await until("it says so", async () => (await status()) === "store-away", 20_000);
  crew.started.child.kill("SIGCONT");
  await until("it is ready", async () => (await status()) === "ready", 20_000);
});

test("R15, R13: a revocation and a ticket hold on all workers", async (t) => {
  const key = "key-0123456789abcdef";
  const crew = await startCrew(
    t,
    3,
    "--api-key",
    key,
    "--jwt-secret",
    "a secret that is long enough: 32 bytes",
    "--max-connections-per-user",
    "6",
  );
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}`, connection: "close" };
    return (await (await fetch(`${crew.url}/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) })).json()) as Record<
      string,
      unknown
    >;
  };
  const enter = async (token: string): Promise<{ client: Client; answer: string; ended: Promise<unknown> }> => {
    const client = new Client(crew.url, { token, reconnect: { minDelayMs: 50, maxDelayMs: 200 } });
    t.after(() => client.close());
    const ended = new Promise((resolve) => client.on("state", (state, { code }) => state === "closed" && resolve(code)));
    const sentAway = new Promise((resolve) => client.on("state", (state, { code }) => state === "waiting" && resolve(code)));
    const answer = await new Promise<string>((resolve) => {
      client.on("state", (state) => state === "connected" && resolve("in"));
      void ended.then((code) => resolve(`closed ${String(code)}`));
      void sentAway.then((code) => resolve(`away ${String(code)}`));
    });
    return { client, answer, ended };
  };
  const { ticket } = await post("tickets", { user: "ada", ttlMs: 600_000 });
  const answers = (await Promise.all(Array.from({ length: 9 }, async () => await enter(String(ticket))))).map(({ answer }) => answer);
  assert.deepEqual(answers.toSorted(), [...Array.from({ length: 8 }, () => "closed 4403"), "in"]);
  const tickets = await Promise.all(Array.from({ length: 6 }, async () => await post("tickets", { user: "bob", ttlMs: 600_000 })));
  const bobs = await Promise.all(tickets.map(async (each) => await enter(String(each["ticket"]))));
  assert.deepEqual(
    bobs.map(({ answer }) => answer),
    bobs.map(() => "in"),
  );
  // As many as a user may have, on all workers together. The counts of the others may be a moment old: who came in by that goes again.
  await until("there are too many", async () => {
    const spare = await enter(String((await post("tickets", { user: "bob", ttlMs: 600_000 }))["ticket"]));
    spare.client.close();
    return spare.answer === "away 4505";
  });
  await post("revocations", { user: "bob" });
  assert.deepEqual(
    await Promise.all(bobs.map(async ({ ended }) => await ended)),
    bobs.map(() => 4406),
  );
});

test("R16: the caps hold for all workers together, and a place that becomes free on one is free on all", async (t) => {
  const crew = await startCrew(t, 3, "--max-connections", "4");
  const inside = [];
  for (let index = 0; index < 4; index++) inside.push(await comeIn(t, crew));
  await assertFull(t, crew, /the server has 4 connections, its limit/);
  assert.ok(((await metrics(crew)).get('openline_handshakes_refused_total{code="too-many-connections"}') ?? 0) >= 6);
  inside[0]?.close();
  await comeIn(t, crew);
  await assertFull(t, crew, /the server has 4 connections, its limit/);
});

test("webhooks of all workers come once each: a room is occupied by its first member and vacated by its last, or by the death of its worker", async (t) => {
  const events: { type: string; room?: string; session?: string }[] = [];
  const backend = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      events.push(...(JSON.parse(body) as { events: { type: string }[] }).events);
      response.end();
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", resolve));
  t.after(() => backend.close());
  const { port } = backend.address() as AddressInfo;
  const crew = await startCrew(t, 3, "--webhook-url", `http://127.0.0.1:${port}/`);
  const all = await Promise.all(Array.from({ length: 6 }, async () => await listen(connect(t, crew.port), "lobby")));
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  await until("six joined", () => [count("occupied"), count("connect"), count("join")].join() === "1,6,6");
  assert.equal(count("vacated"), 0);
  for (const { client } of all) client.close();
  await until("it is vacated", () => [count("vacated"), count("leave"), count("disconnect")].join() === "1,6,6");
  assert.equal(count("occupied"), 1);
  const last = connect(t, crew.port, { reconnect: { minDelayMs: 60_000, maxDelayMs: 60_000 } });
  await listen(last, "lobby");
  await until("it is occupied again", () => count("occupied") === 2);
  for (const pid of crew.workers()) process.kill(pid, "SIGKILL");
  await until("it died with its worker", () => [count("vacated"), count("leave"), count("disconnect")].join() === "2,7,7");
  // What it counts as delivered was answered first, and no worker may be there yet to say it.
  await until("all count as delivered", async () => {
    const state = await ask<{ enabled: boolean; delivered: number }>(`${crew.url}/api/webhooks`).catch(() => undefined);
    return state?.enabled === true && state.delivered === events.length;
  });
});

test(
  "with an outside engine each worker is a node of its own on it, and other servers have part",
  noRedis === undefined ? {} : { skip: noRedis },
  async (t) => {
    const redis = await startRedis(t);
    const crew = await startCrew(t, 2, "--broker", redis.url);
    const other = await startNode(t, redis.url);
    const all = await listeners(t, crew, 4);
    all.push(await listen(connect(t, other.port, { user: "user-0" }), "lobby"));
    const sessions = all.map(({ client }) => client.session ?? "").toSorted();
    await until("all know all", () => all.every((listener) => listener.sessions().join() === sessions.join()), 30_000);
    await Promise.all(all.map(({ client }, lane) => client.publish("lobby", lane)));
    await until("all heard all", () => all.every(({ messages }) => messages.length === 5));
    assert.equal(new Set(all.map(({ messages }) => messages.map(({ position }) => position).join())).size, 1);
    assert.deepEqual(await all[0]?.client.send("user-0", "hello"), { delivered: 3 });
    const [victim = 0] = crew.workers();
    process.kill(victim, "SIGKILL");
    await crew.renewed(2, [victim]);
    await until("they are back", () => all.every(({ client }) => client.state === "connected"), 30_000);
    await all[4]?.client.publish("lobby", "after");
    await until("all heard it", () => all.every((listener) => listener.data().includes("after")), 30_000);
    for (const { joins } of all) assert.ok(joins.slice(1).every(({ recovered }) => recovered === true));
  },
);

test("SIGHUP replaces the workers one after another: no connection is refused meanwhile, everybody recovers, nothing is lost", async (t) => {
  const crew = await startCrew(t, 3, "--history-messages", "20000");
  const all = await listeners(t, crew, 6);
  const ends: (number | undefined)[] = [];
  for (const { client } of all) client.on("state", (state, { code }) => state === "waiting" && ends.push(code));
  const writers = all.slice(0, 2).map(({ client }, index) => new Writer(`w${index}`, client));
  const visitors = new Visitors(crew);
  const before = crew.workers();
  crew.started.child.kill("SIGHUP");
  await crew.started.said(/"msg":"all workers are replaced"/);
  await crew.renewed(3, before);
  await until("all are there", () => all.every(({ client }) => client.state === "connected"), 30_000);
  await Promise.all(writers.map(async (writer) => await writer.stop()));
  const { opened, refused } = await visitors.stop();
  t.diagnostic(`${opened} connections meanwhile`);
  assert.ok(opened > 50);
  // Where each worker has a socket of its own, the kernel resets what waits at one that is closed (docs/operations.md).
  if (isInTurn) assert.deepEqual(refused, []);
  assert.deepEqual(
    ends.filter((code) => code !== 1012),
    [],
  );
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  await until("all heard all", () => all.every((listener) => acknowledged.every((data) => listener.data().includes(data))), 30_000);
  for (const { joins, events } of all) {
    assert.ok(joins.slice(1).every(({ recovered }) => recovered === true));
    assert.ok(events.every((event) => event.startsWith("left ")));
  }
});
