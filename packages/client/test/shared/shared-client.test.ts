import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ClientError } from "../../src/errors.ts";
import type { Room } from "../../src/room.ts";
import { type SharedClientOptions, SharedHubClient } from "../../src/shared/shared-client.ts";
import { HubNetwork } from "../hub-network.ts";
import { type FakeTab, FakeTabs } from "./fake-tabs.ts";

/** One browser at one hub: a group of tabs, and somebody else who publishes. */
class Browser {
  readonly network: HubNetwork = new HubNetwork();
  readonly tabs: FakeTabs = new FakeTabs(this.network.clock);
  readonly open: Tab[] = [];
  #count = 0;

  tab(options: SharedClientOptions = {}): Tab {
    const tab = new Tab(this, `tab${this.#count++}`, options);
    this.open.push(tab);
    return tab;
  }

  /** The tab with the connection: the one that came first of those that are there. */
  get leader(): Tab {
    const [leader] = this.open;
    assert.ok(leader);
    return leader;
  }

  async wait(ms: number): Promise<void> {
    await this.network.clock.advanceAsync(ms);
  }

  /** How many connections the hub has. */
  get connections(): number {
    return this.network.hub.connectionCount;
  }
}

class Tab {
  readonly name: string;
  readonly client: SharedHubClient;
  readonly world: FakeTab;
  readonly #browser: Browser;

  constructor(browser: Browser, name: string, options: SharedClientOptions) {
    this.name = name;
    this.#browser = browser;
    this.world = browser.tabs.tab();
    const all = { user: "Ada", ...options };
    this.client = new SharedHubClient("ws://hub.test/", all, browser.network.platform(name), this.world);
  }

  /** `crash`: without a word, the server hears of it at once or by its heartbeat; `close`: as the user does it. */
  end(how: "close" | "crash" | "silent crash"): void {
    const { open, network } = this.#browser;
    open.splice(open.indexOf(this), 1);
    if (how === "close") this.world.closePage();
    else this.world.kill();
    network.sockets.get(this.name)?.sever(how === "silent crash" ? "silent" : "told");
  }
}

function record(room: Room): { data: unknown[]; events: string[] } {
  const data: unknown[] = [];
  const events: string[] = [];
  room.on("message", (message) => data.push(message.data));
  room.on("joined", ({ recovered }) => events.push(`joined ${recovered}`));
  room.on("insufficient", () => events.push("insufficient"));
  return { data, events };
}

test("three tabs are one session on one connection, each in rooms of its own; publishes are acknowledged in the tab that made them", async () => {
  const browser = new Browser();
  const [a, b, c] = [browser.tab(), browser.tab(), browser.tab()];
  const got = { a: record(a.client.join("one")), b: record(b.client.join("one")), c: record(c.client.join("two")) };
  await browser.wait(200);
  const ends = [a, b, c].map(({ client, name }, at) => client.publish(at < 2 ? "one" : "two", name));
  await browser.wait(200);
  assert.equal(browser.connections, 1);
  assert.equal(new Set([a, b, c].map(({ client }) => client.session)).size, 1);
  const positions = (await Promise.all(ends)).map(({ position }) => position);
  assert.equal(new Set(positions).size, 3);
  assert.deepEqual([got.a.data.toSorted(), got.b.data, got.c.data], [["tab0", "tab1"], got.a.data, ["tab2"]]);
});

test("the leading tab closes under traffic: another one takes over with the session and the positions, nothing is lost and nothing comes twice", async () => {
  for (const how of ["close", "crash", "silent crash"] as const) {
    const browser = new Browser();
    const [first, second, third] = [browser.tab(), browser.tab(), browser.tab()];
    const got = [second, third].map(({ client }) => record(client.join("lobby")));
    first.client.join("only the first");
    await browser.wait(200);
    const session = second.client.session;
    const numbers = Array.from({ length: 40 }, (_, n) => n);
    const ends: Promise<unknown>[] = [];
    for (const n of numbers) {
      ends.push((n % 2 === 0 ? second : third).client.publish("lobby", n));
      if (n === 20) first.end(how);
      await browser.wait(2);
    }
    await browser.wait(60_000);
    const results = await Promise.all(ends);
    assert.equal(new Set(results.map((result) => JSON.stringify(result))).size, 40, how);
    for (const { data, events } of got) {
      assert.deepEqual(
        data.toSorted((one, other) => Number(one) - Number(other)),
        numbers,
        how,
      );
      assert.deepEqual([data, events], [got[0]?.data, ["joined undefined", "joined true"]], how);
    }
    assert.deepEqual([second.client.session, third.client.session], [session, session], how);
    assert.deepEqual(
      browser.network.addresses.slice(0, 2),
      ["ws://hub.test/hub", "ws://hub.test/hub?resume"],
      "who comes back says so (R5)",
    );
    assert.equal((await browser.network.hub.presence("only the first")).members.length, 0, "its room is left");
    assert.equal(browser.connections, 1);
  }
});

test("the last tab that is closed ends the session; a leader that closes its client hands over", async () => {
  const browser = new Browser();
  const [first, second] = [browser.tab(), browser.tab()];
  await browser.wait(200);
  const { session } = second.client;
  first.client.close();
  await browser.wait(2_000);
  assert.deepEqual([second.client.state, second.client.session, browser.connections], ["connected", session, 1]);
  second.client.close();
  await browser.wait(1_000);
  assert.deepEqual([browser.connections, browser.network.hub.sessionCount], [0, 0]);
  first.client.connect();
  await browser.wait(1_000);
  assert.deepEqual([first.client.state, browser.connections], ["connected", 1]);
});

test("a room is left when the last tab that is in it leaves, closes or crashes, and not before", async () => {
  const browser = new Browser();
  const [first, second, third] = [browser.tab(), browser.tab(), browser.tab()];
  const here = async (): Promise<number> => (await browser.network.hub.presence("lobby")).members.length;
  const rooms = [first, second, third].map(({ client }) => client.join("lobby"));
  await browser.wait(200);
  await Promise.all([rooms[0]?.leave(), browser.wait(50)]);
  assert.equal(await here(), 1);
  second.end("crash");
  await browser.wait(50);
  assert.equal(await here(), 1);
  await Promise.all([rooms[2]?.leave(), browser.wait(50)]);
  assert.equal(await here(), 0);
  const fourth = browser.tab();
  fourth.client.join("lobby");
  await browser.wait(200);
  assert.equal(await here(), 1);
  fourth.end("close");
  await browser.wait(50);
  assert.deepEqual([await here(), first.client.state, browser.connections], [0, "connected", 1]);
});

test("a tab that joins later gets its own rewind, and what it missed by its own position; the others get nothing of it", async () => {
  const browser = new Browser();
  const first = browser.tab();
  const early = record(first.client.join("lobby"));
  await browser.wait(100);
  for (let n = 0; n < 5; n++) void first.client.publish("lobby", n);
  await browser.wait(100);
  const second = browser.tab();
  const late = record(second.client.join("lobby", { rewind: 3 }));
  await browser.wait(200);
  second.client.interrupt({ forMs: 1_000 });
  void first.client.publish("lobby", 5);
  await browser.wait(3_000);
  assert.deepEqual([early.data, early.events], [[0, 1, 2, 3, 4, 5], ["joined undefined"]]);
  assert.deepEqual(
    [late.data, late.events],
    [
      [2, 3, 4, 5],
      ["joined undefined", "joined true"],
    ],
  );
});

test("members are told to the tabs that want to know them, whichever tab joined last", async () => {
  const browser = new Browser();
  const [first, second] = [browser.tab(), browser.tab()];
  const told = first.client.join("lobby", { presence: true });
  await browser.wait(100);
  const untold = second.client.join("lobby");
  await browser.wait(100);
  browser.network.client("Bo").join("lobby");
  await browser.wait(2_000);
  assert.deepEqual([told.members.map(({ user }) => user), untold.members], [["Ada", "Bo"], []]);
});

test("ephemeral messages reach the other tabs too, and not the one that sent them", async () => {
  const browser = new Browser();
  const heard: string[] = [];
  for (const { client, name } of [browser.tab(), browser.tab()])
    client.join("lobby").on("ephemeral", ({ data, user }) => heard.push(`${name} ${user} ${String(data)}`));
  browser.network
    .client("Bo")
    .join("lobby")
    .on("ephemeral", ({ data }) => heard.push(`Bo ${String(data)}`));
  await browser.wait(200);
  void browser.leader.client.publish("lobby", "typing", { ephemeral: true });
  await browser.wait(100);
  assert.deepEqual(heard.toSorted(), ["Bo typing", "tab1 Ada typing"]);
});

test("a leader that stands still loses the lead; when it runs again it follows", async () => {
  const browser = new Browser();
  const [first, second] = [browser.tab(), browser.tab()];
  const got = [first, second].map(({ client }) => record(client.join("lobby")));
  await browser.wait(200);
  first.world.frozen = true;
  const { hub } = browser.network;
  await hub.publish("lobby", { data: "while it stands still" });
  await browser.wait(120_000);
  assert.equal(second.client.state, "connected");
  assert.deepEqual(got[1]?.data, ["while it stands still"]);
  first.world.frozen = false;
  await browser.wait(120_000);
  await hub.publish("lobby", { data: "and on" });
  await browser.wait(100);
  for (const { data } of got) assert.deepEqual(data, ["while it stands still", "and on"]);
  assert.equal(browser.connections, 1);
});

test("tabs of another login, or of another group, have a connection of their own; without Web Locks each tab has one", async () => {
  const browser = new Browser();
  browser.tab();
  browser.tab({ user: "Bo" });
  browser.tab({ shareWith: "house 2" });
  await browser.wait(200);
  assert.equal(browser.connections, 3);
  const alone = new SharedHubClient("ws://hub.test/", {}, browser.network.platform("alone"), undefined);
  await browser.wait(200);
  assert.deepEqual([alone.state, browser.connections], ["connected", 4]);
});

/** One step of a random run. */
type Step =
  | "publish"
  | "elsewhere"
  | "close"
  | "crash"
  | "silent crash"
  | "told"
  | "silent"
  | "interrupt"
  | "rejoin"
  | "outage"
  | "wait"
  | "new";

test("random closes and crashes of tabs, cuts and outages: every tab gets every message once and in the one order, and every publish ends", async () => {
  const step = fc.constantFrom<Step>(
    ...["publish", "publish", "publish", "publish", "elsewhere", "elsewhere", "close", "crash", "silent crash", "told", "silent"].map(
      (name) => name as Step,
    ),
    ...(["interrupt", "rejoin", "outage", "wait", "new"] as const),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(step, fc.nat(5)), { maxLength: 50 }),
      fc.integer({ min: 1, max: 0x7fff_fffe }),
      async (steps, seed) => {
        await run(steps, chance(seed));
      },
    ),
    { numRuns: 150, includeErrorInReport: true },
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

async function run(steps: readonly (readonly [Step, number])[], random: () => number): Promise<void> {
  const browser = new Browser();
  const { network } = browser;
  const got = new Map<Tab, ReturnType<typeof record>>();
  const ends = new Map<Tab, { asked: number; stored: unknown[]; unknown: number }>();
  const newTab = (): void => {
    const tab = browser.tab();
    got.set(tab, record(tab.client.join("lobby")));
    ends.set(tab, { asked: 0, stored: [], unknown: 0 });
  };
  // Somebody is always there: the hub forgets an empty room that nobody is in.
  network.client("other").join("lobby");
  for (let n = 0; n < 3; n++) newTab();
  await browser.wait(200);
  let published = 0;
  for (const [action, who] of steps) {
    const tab = browser.open[who % browser.open.length];
    assert.ok(tab);
    if (action === "publish") publish(tab, `${tab.name} ${published++}`, ends);
    else if (action === "elsewhere") void network.hub.publish("lobby", { data: `other ${published++}` });
    else if (action === "close" || action === "crash" || action === "silent crash") {
      if (browser.open.length > 1) tab.end(action);
    } else if (action === "told" || action === "silent") network.sockets.get(browser.leader.name)?.sever(action);
    else if (action === "interrupt") tab.client.interrupt();
    else if (action === "rejoin") tab.client.join(`other ${who}`);
    else if (action === "outage") network.down = !network.down;
    else if (action === "new" && browser.open.length < 6) newTab();
    await browser.wait(Math.floor(random() * (action === "wait" ? 20_000 : 8)));
  }
  network.down = false;
  await browser.wait(240_000);
  const log = record(network.client("reader").join("lobby", { rewind: 1_000 }));
  await browser.wait(100);
  assert.equal(new Set(log.data).size, log.data.length, "nothing is stored twice");
  for (const tab of browser.open) {
    const { data, events } = got.get(tab) ?? record(tab.client.join("lobby"));
    assert.equal(tab.client.state, "connected", tab.name);
    assert.deepEqual(data, log.data.slice(log.data.length - data.length), tab.name);
    assert.ok(
      events.slice(1).every((event) => event === "joined true"),
      `${tab.name}: ${events.join(", ")}`,
    );
    const { asked, stored, unknown } = ends.get(tab) ?? { asked: 0, stored: [], unknown: 0 };
    assert.equal(stored.length + unknown, asked, `${tab.name}: every publish ends`);
    assert.deepEqual(
      stored.filter((text) => !log.data.includes(text)),
      [],
      `${tab.name}: what was acknowledged is stored`,
    );
  }
  assert.ok(browser.connections === 3, "one for the group");
}

function publish(tab: Tab, data: string, ends: ReadonlyMap<Tab, { asked: number; stored: unknown[]; unknown: number }>): void {
  const end = ends.get(tab);
  assert.ok(end);
  end.asked++;
  tab.client.publish("lobby", data).then(
    () => end.stored.push(data),
    (error: unknown) => {
      assert.ok(error instanceof ClientError && error.code === "unknown");
      end.unknown++;
    },
  );
}
