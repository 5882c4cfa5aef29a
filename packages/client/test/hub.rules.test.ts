import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ClientError } from "../src/errors.ts";
import type { HistoryOptions, HistoryPage, Room } from "../src/room.ts";
import { HubNetwork } from "./hub-network.ts";

/** What one client's application got of the room, in order. */
function record(room: Room): { data: unknown[]; events: string[] } {
  const data: unknown[] = [];
  const events: string[] = [];
  room.on("message", (message) => data.push(message.data));
  room.on("joined", ({ recovered }) => events.push(`joined ${recovered}`));
  room.on("insufficient", () => events.push("insufficient"));
  return { data, events };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

test("a client that was away for 50 messages gets exactly those 50, in order", async () => {
  const network = new HubNetwork();
  const [ada, bo] = [network.client("ada"), network.client("bo")];
  const got = record(bo.join("lobby"));
  await network.clock.advanceAsync(100);
  bo.interrupt({ forMs: 5_000 });
  for (const n of numbers(50)) void ada.publish("lobby", n);
  await network.clock.advanceAsync(4_000);
  assert.deepEqual(got.data, []);
  await network.clock.advanceAsync(2_000);
  assert.deepEqual([got.data, got.events], [numbers(50), ["joined undefined", "joined true"]]);
});

test("what is published while away is stored after the return, in order, and the publisher gets it once", async () => {
  const network = new HubNetwork();
  const client = network.client("ada");
  const got = record(client.join("lobby"));
  await network.clock.advanceAsync(100);
  client.interrupt({ forMs: 1_000 });
  const positions = Promise.all(numbers(20).map((n) => client.publish("lobby", n)));
  await network.clock.advanceAsync(2_000);
  assert.equal(new Set((await positions).map(({ position }) => position)).size, 20);
  assert.deepEqual(got.data, numbers(20));
});

test("a hub that is killed and starts anew has another epoch: the clients come back and are told recovered false", async () => {
  const network = new HubNetwork();
  const client = network.client("ada");
  const got = record(client.join("lobby", { rewind: 10 }));
  await network.clock.advanceAsync(100);
  void client.publish("lobby", "before");
  await network.clock.advanceAsync(100);
  network.restart();
  await network.hub.publish("lobby", { data: "after" });
  await network.clock.advanceAsync(2_000);
  assert.deepEqual(got.events, ["joined undefined", "joined false", "insufficient"]);
  assert.deepEqual(got.data, ["before", "after"]);
  void client.publish("lobby", "and on");
  await network.clock.advanceAsync(100);
  assert.deepEqual(got.data, ["before", "after", "and on"]);
});

test("a short loss is not seen by the others: the session is resumed, and nobody is told a leave or a join", async () => {
  const network = new HubNetwork();
  const ada = network.client("ada").join("lobby", { presence: true });
  const client = network.client("bo");
  client.join("lobby");
  await network.clock.advanceAsync(100);
  const news: string[] = [];
  ada.on("member-joined", ({ user }) => news.push(`joined ${user}`));
  ada.on("member-left", ({ user }) => news.push(`left ${user}`));
  const { session } = client;
  client.interrupt({ forMs: 1_000 });
  await network.clock.advanceAsync(20_000);
  assert.deepEqual([news, client.session, ada.members.length], [[], session, 2]);
  client.close();
  await network.clock.advanceAsync(100);
  assert.deepEqual([news, ada.members.map(({ user }) => user)], [["left bo"], ["ada"]]);
});

test("a line that breaks silently is found by the heartbeat, and nothing is lost", async () => {
  const network = new HubNetwork();
  const client = network.client("bo");
  const got = record(client.join("lobby"));
  await network.clock.advanceAsync(100);
  network.sockets.get("bo")?.sever("silent");
  for (const n of numbers(5)) await network.hub.publish("lobby", { data: n });
  await network.clock.advanceAsync(40_000);
  assert.deepEqual([got.data, got.events, client.state], [numbers(5), ["joined undefined", "joined true"], "connected"]);
});

/** One step of a random run. */
type Step =
  | { readonly do: "publish" | "told" | "silent" | "interrupt" | "rejoin"; readonly who: number }
  | { readonly do: "outage"; readonly who: number }
  | { readonly do: "wait"; readonly who: number };

test("random cuts, half-open lines, outages and late joins: every client gets every stored message once and in the one order, and what was acknowledged is stored once", async () => {
  const step: fc.Arbitrary<Step> = fc.record({
    do: fc.constantFrom("publish", "publish", "publish", "publish", "told", "silent", "interrupt", "rejoin", "outage", "wait"),
    who: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 0x7fff_fffe }), async (steps, seed) => {
      await run(steps, chance(seed));
    }),
    { numRuns: 150 },
  );
});

/** Lehmer's generator: a run is repeated by its seed. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
}

/** Runs the steps with three clients that stay in the room from the beginning, lets all settle, and compares what everyone has. */
async function run(steps: readonly Step[], random: () => number): Promise<void> {
  const network = new HubNetwork();
  const names = ["ada", "bo", "cy"];
  const clients = names.map((name) => network.client(name, {}, random));
  const got = clients.map((client) => record(client.join("lobby")));
  await network.clock.advanceAsync(100);
  const ends = new Map<string, string>();
  let published = 0;
  for (const { do: action, who } of steps) {
    const [client, name] = [clients[who], names[who]];
    assert.ok(client !== undefined && name !== undefined);
    if (action === "publish") {
      const data = `${name} ${published++}`;
      client.publish("lobby", data).then(
        () => ends.set(data, "stored"),
        (error: unknown) => ends.set(data, error instanceof ClientError ? error.code : "other"),
      );
    } else if (action === "told" || action === "silent") network.sockets.get(name)?.sever(action);
    else if (action === "interrupt") client.interrupt();
    else if (action === "rejoin") client.join(`other ${who}`);
    else if (action === "outage") network.down = !network.down;
    await network.clock.advanceAsync(Math.floor(random() * (action === "wait" ? 20_000 : 8)));
  }
  network.down = false;
  await network.clock.advanceAsync(120_000);
  const reader = network.client("reader");
  const log = record(reader.join("lobby", { rewind: 1_000 }));
  await network.clock.advanceAsync(100);
  compare(log.data, got, ends, published);
}

function compare(
  log: readonly unknown[],
  got: readonly { data: unknown[]; events: string[] }[],
  ends: ReadonlyMap<string, string>,
  published: number,
): void {
  assert.equal(new Set(log).size, log.length, "nothing is stored twice");
  for (const { data, events } of got) {
    assert.deepEqual(data, log);
    assert.ok(events.slice(1).every((event) => event === "joined true"));
  }
  assert.equal(ends.size, published, "every publish ends");
  for (const [data, end] of ends) {
    if (end === "stored") assert.ok(log.includes(data), `${data} was acknowledged`);
    else assert.equal(end, "unknown");
  }
  for (const name of ["ada", "bo", "cy"]) {
    const own = log.filter((data) => String(data).startsWith(name)).map((data) => Number(String(data).split(" ")[1]));
    assert.deepEqual(
      own,
      own.toSorted((one, other) => one - other),
      `${name}'s order is kept`,
    );
  }
}

test("history is read page by page while the room goes on (wire, History)", async () => {
  const network = new HubNetwork();
  for (const n of numbers(7)) await network.hub.publish("lobby", { data: n });
  const room = network.client("ada").join("lobby");
  await network.clock.advanceAsync(100);
  const read = async (options: HistoryOptions): Promise<HistoryPage> => {
    const page = room.history(options);
    page.catch(() => undefined);
    await network.clock.advanceAsync(100);
    return await page;
  };
  const newest = await read({ limit: 3 });
  assert.deepEqual([newest.messages.map(({ data }) => data), newest.complete], [[4, 5, 6], false]);
  assert.deepEqual(Object.keys(newest.messages[0] ?? {}).toSorted(), ["data", "position", "time"]);
  const older = await read({ before: newest.messages[0]?.position ?? "" });
  assert.deepEqual([older.messages.map(({ data }) => data), older.complete], [[0, 1, 2, 3], true]);
  await assert.rejects(read({ after: "nobody's" }), (error) => error instanceof ClientError && error.code === "unknown-position");
});

test("direct messages reach all of a user's clients, requests the application; refusals come with their codes (wire, Direct messages and requests)", async () => {
  const network = new HubNetwork();
  const [ada, bo, alsoBo] = [network.client("ada"), network.client("bo"), network.client("bo 2", { user: "bo" })];
  const got: unknown[] = [];
  for (const client of [bo, alsoBo]) client.on("direct", ({ data, user }) => got.push([user, data]));
  network.hub.onRequest("add", (data) => (Array.isArray(data) ? data.reduce((sum: number, n) => sum + Number(n), 0) : null));
  await network.clock.advanceAsync(100);
  const results = Promise.allSettled([
    ada.send("bo", "你好"),
    ada.send("nobody", 1),
    ada.request("add", [1, 2, 39]),
    ada.request("none"),
    ada.send("", 1),
  ]);
  await network.clock.advanceAsync(100);
  const outcomes = (await results).map((one) => (one.status === "fulfilled" ? one.value : (one.reason as ClientError).code));
  assert.deepEqual(outcomes, [{ delivered: 2 }, { delivered: 0 }, 42, "no-handler", "bad-name"]);
  assert.deepEqual(got, [
    ["ada", "你好"],
    ["ada", "你好"],
  ]);
  ada.close();
  await assert.rejects(ada.send("bo", 1), (error) => error instanceof ClientError && error.code === "not-connected");
});

test("M: a page counts a phone's missed heartbeats as the server does: member-away with the time last seen, then member-back (wire, Sessions and presence)", async () => {
  const network = new HubNetwork();
  const page = network.client("page").join("pair", { presence: true });
  const phone = network.client("phone");
  phone.join("pair");
  await network.clock.advanceAsync(100);
  const news: string[] = [];
  page.on("member-away", ({ user, away }) =>
    news.push(`${user} away, last seen ${Math.round((network.clock.now() - (away ?? 0)) / 1_000)} s ago`),
  );
  page.on("member-back", ({ user, away }) => news.push(`${user} back ${away ?? ""}`));
  page.on("member-left", ({ user }) => news.push(`${user} left`));
  phone.interrupt({ forMs: 3_000 });
  await network.clock.advanceAsync(10_000);
  assert.deepEqual(news, [], "a short loss is not told");
  phone.interrupt({ forMs: 20_000 });
  await network.clock.advanceAsync(10_000);
  assert.deepEqual(news, ["phone away, last seen 5 s ago"]);
  assert.equal(page.members.find(({ user }) => user === "phone")?.away === undefined, false);
  await network.clock.advanceAsync(15_000);
  assert.deepEqual([news.slice(1), page.members.map(({ away }) => away)], [["phone back "], [undefined, undefined]]);
  network.sockets.get("phone")?.sever("silent");
  network.down = true;
  await network.clock.advanceAsync(120_000);
  assert.deepEqual(news.slice(2), ["phone away, last seen 5 s ago", "phone left"]);
});

test("N: many rooms over one connection: join, message and leave reach the members of that room only, and what is wrong is refused by the server", async () => {
  const network = new HubNetwork({ roomRules: { "quiet:*": { messageBytes: 10 } } });
  const [ada, bo] = [network.client("ada"), network.client("bo")];
  const news: string[] = [];
  const rooms = numbers(20).map((n) => {
    const room = ada.join(`room ${n}`, { presence: true });
    room.on("message", ({ data }) => news.push(`${room.name}: ${String(data)}`));
    room.on("member-joined", ({ user }) => news.push(`${room.name}: ${user} joined`));
    room.on("member-left", ({ user }) => news.push(`${room.name}: ${user} left`));
    return room;
  });
  await network.clock.advanceAsync(100);
  const visited = bo.join("room 7");
  await network.clock.advanceAsync(100);
  void visited.publish("hello");
  await network.clock.advanceAsync(100);
  void visited.leave();
  await network.clock.advanceAsync(100);
  assert.deepEqual(news, ["room 7: bo joined", "room 7: hello", "room 7: bo left"]);
  const refusals = Promise.allSettled([
    bo.publish("$system", 1),
    bo.publish("quiet:a", "0123456789"),
    bo.publish("room 3", "from outside"),
  ]);
  await network.clock.advanceAsync(100);
  const codes = (await refusals).map((one) => (one.status === "rejected" ? (one.reason as ClientError).code : "stored"));
  assert.deepEqual(codes, ["forbidden", "too-large", "stored"]);
  assert.deepEqual([news.at(-1), rooms.length], ["room 3: from outside", 20]);
});

test("R15: a login that lasts ten minutes is renewed in band for a day: no connection ends, and a revoked user is out for good", async () => {
  let issued = 0;
  const network = new HubNetwork({
    access: {
      anonymous: false,
      revocations: true,
      authenticate: async (token) => ({
        ok: true,
        identity: {
          subject: token.split("/")[0] ?? "",
          issuedAt: Number(token.split("/")[1]),
          expiresAt: Number(token.split("/")[1]) + 600_000,
        },
      }),
    },
  });
  const { clock } = network;
  const states: string[] = [];
  const client = network.client("ignored", { token: () => `阿达/${clock.now()}/${issued++}` });
  client.on("state", (state, { code }) => states.push([state, code].filter((part) => part !== undefined).join(" ")));
  await clock.advanceAsync(86_400_000);
  assert.deepEqual([states, client.user], [["connected"], "阿达"]);
  assert.ok(issued > 140 && issued < 180, `one for each 9.5 minutes, got ${issued}`);
  await network.hub.revoke({ user: "阿达" });
  await clock.advanceAsync(2_000);
  assert.deepEqual(states, ["connected", "closed 4406"]);
});

test("a room that the application chooses is there over reconnects, over a restart of the hub, and until it is taken away (wire, Rooms that the server chooses)", async () => {
  const network = new HubNetwork();
  const client = network.client("ada");
  const news: unknown[] = [];
  client.on("room", (room) => {
    news.push(room.name);
    room.on("message", ({ data }) => news.push(data));
    room.on("joined", ({ recovered }) => news.push(`joined ${recovered}`));
    room.on("left", ({ code, message }) => news.push(`${code}: ${message}`));
  });
  const call = async <T>(made: Promise<T>): Promise<T> => {
    made.catch(() => undefined);
    await network.clock.advanceAsync(100);
    return await made;
  };
  const take = (): unknown[] => news.splice(0);
  await network.clock.advanceAsync(100);
  await network.hub.publish("game:7", { data: "before" });
  assert.equal(await call(network.hub.join({ user: "ada" }, "game:7", { rewind: 1, presence: true })), 1);
  await network.hub.publish("game:7", { data: "go" });
  await network.clock.advanceAsync(100);
  assert.deepEqual(take(), ["game:7", "joined undefined", "before", "go"]);
  assert.equal(client.join("game:7").members.length, 1);
  client.interrupt({ forMs: 1_000 });
  await network.hub.publish("game:7", { data: "missed" });
  await network.clock.advanceAsync(10_000);
  assert.deepEqual(take(), ["joined true", "missed"]);
  network.restart();
  await network.clock.advanceAsync(10_000);
  assert.deepEqual(take(), ["joined false"]);
  assert.equal(await call(network.hub.leave({ user: "ada" }, "game:7", { code: "over", message: "you lost" })), 1);
  assert.deepEqual(take(), ["over: you lost"]);
  client.interrupt({ forMs: 1_000 });
  await network.clock.advanceAsync(10_000);
  assert.deepEqual([take(), (await network.hub.presence("game:7")).memberCount], [[], 0]);
});

test("a room into which the application puts a user who is away appears at the return, with what was published since (wire, Rooms that the server chooses)", async () => {
  const network = new HubNetwork();
  const client = network.client("ada");
  const got: unknown[] = [];
  client.on("room", (room) => room.on("message", ({ data }) => got.push(data)));
  await network.clock.advanceAsync(100);
  client.interrupt({ forMs: 10_000 });
  await network.clock.advanceAsync(1_000);
  const put = network.hub.join({ user: "ada" }, "game:7");
  await network.clock.advanceAsync(100);
  assert.equal(await put, 1);
  await network.hub.publish("game:7", { data: "while away" });
  await network.clock.advanceAsync(10_000);
  assert.deepEqual(got, ["while away"]);
});

test("R20: 1,200 members: counted all, listed in pages, kept right through comings and goings; data are updated for the others (wire, Sessions and presence)", async () => {
  const network = new HubNetwork();
  const watcher = network.client("watcher");
  const room = watcher.join("hall", { presence: true });
  const others = numbers(1_199).map((n) => {
    const client = network.client(`c${n}`);
    return { client, room: client.join("hall") };
  });
  await network.clock.advanceAsync(3_000);
  assert.deepEqual([room.members.length, room.memberCount], [1_200, 1_200]);
  watcher.interrupt({ forMs: 1_000 });
  await network.clock.advanceAsync(3_000);
  assert.deepEqual([room.members.length, room.memberCount], [1_000, 1_200], "the list after a return is a page");
  const news: string[] = [];
  room.on("member-left", ({ user }) => news.push(`left ${user}`));
  room.on("member-updated", ({ user, data }) => news.push(`${user} ${String(data)}`));
  const loaded = room.loadMembers();
  for (const n of [3, 1_150]) others[n]?.client.close();
  await network.clock.advanceAsync(3_000);
  assert.ok((await loaded).length >= 1_198);
  assert.deepEqual([room.members.length, room.memberCount], [1_198, 1_198]);
  assert.deepEqual(new Set(room.members.map(({ session }) => session)).size, 1_198);
  const updated = others[7]?.room.update("busy");
  await network.clock.advanceAsync(3_000);
  await updated;
  assert.deepEqual(
    news.filter((one) => !one.startsWith("left")),
    ["c7 busy"],
  );
  assert.ok(news.includes("left c3"));
});

test("a join from the position of a rendered page brings exactly what came after it, or says that the page must be loaded anew (wire, Recovery)", async () => {
  const network = new HubNetwork();
  for (const n of numbers(5)) await network.hub.publish("lobby", { data: n });
  const page = await network.hub.history("lobby", { limit: 3 });
  const position = page?.messages.at(-1)?.position ?? "";
  for (const n of [5, 6]) await network.hub.publish("lobby", { data: n });
  const client = network.client("ada");
  const got = record(client.join("lobby", { position, presence: true }));
  const news: string[] = [];
  client.join("lobby").on("member-joined", ({ user }) => news.push(String(user)));
  await network.clock.advanceAsync(100);
  await network.hub.publish("lobby", { data: 7 });
  await network.clock.advanceAsync(100);
  assert.deepEqual([got.data, got.events, news], [[5, 6, 7], ["joined true"], []]);
  const late = record(network.client("bo").join("lobby", { position: "other.1.t", rewind: 1 }));
  await network.clock.advanceAsync(100);
  assert.deepEqual([late.data, late.events], [[7], ["joined false", "insufficient"]]);
});

test("the heartbeat's interval is agreed on: the client proposes, the hub answers within its bounds, a hidden page asks more seldom, and while data flows nobody asks (wire, Heartbeat)", async () => {
  const network = new HubNetwork({ heartbeat: { minIntervalMs: 4_000, maxIntervalMs: 20_000 } });
  const pings = (): number => network.said.splice(0).filter((text) => text === '{"type":"ping"}').length;
  const client = network.client("ada", { heartbeat: { intervalMs: 1_000 } });
  client.join("lobby");
  await network.clock.advanceAsync(100);
  pings();
  await network.clock.advanceAsync(39_000);
  assert.equal(pings(), 9, "every 4 s and the way there and back, not every second");
  network.hidden.add("ada");
  await network.clock.advanceAsync(60_000);
  assert.equal(pings(), 5, "every 12 s");
  network.hidden.delete("ada");
  await network.clock.advanceAsync(4_000);
  pings();
  for (let n = 0; n < 20; n++) {
    await network.hub.publish("lobby", { data: n });
    await network.clock.advanceAsync(3_000);
  }
  assert.equal(pings(), 0);
  assert.equal(client.state, "connected");
});
