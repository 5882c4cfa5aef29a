import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Hub, type Position } from "@openline/hub";
import { DataDirectory } from "../../src/durable/data-directory.ts";
import { DurableBroker, type DurableEvent } from "../../src/durable/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { scratch } from "../support/scratch.ts";
import { systemClock } from "../support/system-clock.ts";

const retention = { messages: 1000, bytes: 1_000_000, ageMs: 60_000 };

class Store {
  readonly directory: string;
  readonly events: DurableEvent[] = [];
  broker: DurableBroker | undefined;

  constructor(context: TestContext) {
    this.directory = join(scratch(context), "data");
    context.after(async () => await this.close());
  }

  async open(): Promise<DurableBroker> {
    const options = { directory: this.directory, clock: systemClock, ids: randomIds };
    this.broker = await DurableBroker.open({ ...options, log: (event) => this.events.push(event) });
    return this.broker;
  }

  async close(): Promise<void> {
    this.broker?.close();
    await this.broker?.closed();
  }

  async fill(count: number): Promise<Position> {
    const publication = { content: '"data":1', bytes: 8, time: Date.now(), retention };
    for (let index = 0; index < count; index++) await this.broker?.publish("a", publication);
    return (await this.broker?.read("a", { newest: 0 }))?.top ?? assert.fail();
  }
}

const ways: readonly (readonly [string, (from: string, to: string) => void])[] = [
  ["the directory, anew", (from, to) => (rmSync(to, { recursive: true }), cpSync(from, to, { recursive: true }))],
  [
    "the directory, with its times, as tar and cp -a do",
    (from, to) => (rmSync(to, { recursive: true }), void spawnSync("cp", ["-a", from, to])),
  ],
  ["the files, each over the other", (from, to) => readdirSync(from).forEach((name) => copyFileSync(join(from, name), join(to, name)))],
  ["the store's file alone, over the other", (from, to) => copyFileSync(join(from, "data.mdb"), join(to, "data.mdb"))],
];

for (const [what, copyBack] of ways) {
  test(`contract 1: an older copy put back is noticed (${what}): all epochs are new, and what was copied stays readable`, async (t) => {
    const store = new Store(t);
    await store.open();
    const at80 = await store.fill(80);
    const copy = join(scratch(t), "copy");
    cpSync(store.directory, copy, { recursive: true });
    rmSync(join(copy, "lock"));
    const at100 = await store.fill(20);
    await store.close();
    copyBack(copy, store.directory);
    const broker = await store.open();
    assert.deepEqual(
      store.events.map((event) => ({ ...event, why: "" })),
      [{ type: "rotated", why: "", rooms: 1 }],
    );
    const page = await broker.read("a", { offset: 0 });
    assert.equal(page.messages.length, 80);
    assert.equal(page.messages.at(-1)?.position.tag, at80.tag);
    assert.notEqual(page.top.epoch, at80.epoch);
    assert.notEqual(page.top.epoch, at100.epoch);
    await store.close();
    await store.open();
    assert.equal(store.events.length, 1, "the next start is an ordinary one");
  });
}

test("contract 2: a store that fell from 100 to 80 and grew past 100 does not continue a client at the old 100: the tag proves it", async (t) => {
  const store = new Store(t);
  await store.open();
  await store.fill(80);
  const copy = join(scratch(t), "copy");
  cpSync(store.directory, copy, { recursive: true });
  const old = await store.fill(20);
  await store.close();
  copyFileSync(join(copy, "data.mdb"), join(store.directory, "data.mdb"));
  // With the file that counts taken away the store cannot notice by itself: what is left is the tag.
  rmSync(join(store.directory, "commits"));
  writeFileSync(join(store.directory, "commits"), "");
  const broker = await store.open();
  assert.deepEqual(store.events, []);
  const grown = await store.fill(40);
  assert.equal(grown.epoch, old.epoch);
  const hub = new Hub({ clock: systemClock, ids: randomIds, broker });
  const heard: string[] = [];
  const connection = hub.open({ kind: "test", send: ({ text }) => heard.push(text) > 0, close: () => {} });
  connection.receive('{"type":"connect","ref":1,"version":1}');
  connection.receive(JSON.stringify({ type: "join", ref: 2, room: "a", position: `${old.epoch}.${old.offset}.${old.tag}` }));
  while (!heard.some((text) => text.includes('"joined"'))) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(heard.some((text) => text.includes('"recovered":false')));
  hub.close();
});

test("a directory that holds other things is refused, and nothing is written there", async (t) => {
  const store = new Store(t);
  mkdirSync(store.directory);
  writeFileSync(join(store.directory, "thesis.tex"), "");
  await assert.rejects(store.open(), { code: "foreign-directory", message: /thesis\.tex.*empty or new/ });
  assert.deepEqual(readdirSync(store.directory), ["thesis.tex"]);
});

test("a store that was moved away leaves a server's other files there, and a new one begins beside them", async (t) => {
  const store = new Store(t);
  await store.open();
  await store.close();
  writeFileSync(join(store.directory, "webhooks.jsonl"), "");
  for (const name of ["data.mdb", "data.mdb-lock"]) rmSync(join(store.directory, name), { force: true });
  await store.open();
  assert.ok(readdirSync(store.directory).includes("webhooks.jsonl"));
});

test("a path that is a file is refused", async (t) => {
  const store = new Store(t);
  writeFileSync(store.directory, "");
  await assert.rejects(store.open(), { code: "unusable-directory" });
});

test("directories above it are made too, and where none can be made it is refused at once", {
  skip: process.platform !== "linux",
}, async (t) => {
  const store = new Store(t);
  const deep = join(store.directory, "of", "openline");
  await (await DataDirectory.open(deep, "os")).close();
  assert.equal(statSync(deep).mode & 0o777, 0o700);
  await assert.rejects(DataDirectory.open("/proc/1/rooms", "os"), { code: "unusable-directory", message: /\/proc\/1\/rooms/ });
});

const damages: readonly (readonly [string, (file: string) => void])[] = [
  ["other bytes", (file) => writeFileSync(file, "not a store".repeat(10_000))],
  ["an empty file", (file) => truncateSync(file, 0)],
  ["half of it", (file) => truncateSync(file, Math.floor(readFileSync(file).length / 8192) * 4096)],
];

for (const [what, damage] of damages) {
  test(`a damaged store is refused in one line, and the lock is let go of (${what})`, async (t) => {
    const store = new Store(t);
    await store.open();
    await store.fill(500);
    await store.close();
    damage(join(store.directory, "data.mdb"));
    await assert.rejects(store.open(), { code: "damaged-store", message: /^[^\n]*data\.mdb cannot be read \([^\n]*$/ });
    assert.ok(!readdirSync(store.directory).includes("lock"));
  });
}

test("a second process gets one clear line while the first lives, and the directory when it is gone", async (t) => {
  const store = new Store(t);
  const journal = join(scratch(t), "journal");
  const program = fileURLToPath(new URL("./publishing-process.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program, store.directory, "os", journal, "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  await assert.rejects(store.open(), {
    code: "in-use",
    message: new RegExp(`^the data directory is in use by process ${child.pid} [^\\n]*$`),
  });
  child.kill("SIGKILL");
  await once(child, "exit");
  await store.open();
  await store.close();
});
