import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { HubClient } from "../src/client.ts";
import { ClientError } from "../src/errors.ts";
import { StoredQueue, type TextStorage } from "../src/stored-queue.ts";
import { FakePlatform } from "./fake-platform.ts";

class FakeStorage implements TextStorage {
  readonly entries = new Map<string, string>();
  mostEntries = 100;

  get length(): number {
    return this.entries.size;
  }

  key(index: number): string | null {
    return [...this.entries.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.entries.get(key) ?? null;
  }

  setItem(key: string, text: string): void {
    if (!this.entries.has(key) && this.entries.size >= this.mostEntries) throw new Error("QuotaExceededError");
    this.entries.set(key, text);
  }

  removeItem(key: string): void {
    this.entries.delete(key);
  }
}

interface Page {
  readonly platform: FakePlatform;
  readonly client: HubClient;
  readonly queue: StoredQueue;
  /** How what an earlier page left has ended: `data: outcome`. */
  readonly recovered: string[];
}

/** A page with the storage that earlier pages left. A page that ends is simply not used any more. */
function page(storage: TextStorage): Page {
  const platform = new FakePlatform();
  const client = platform.client();
  const recovered: string[] = [];
  const queue = new StoredQueue(client, {
    storage,
    recovered: ({ data }, outcome) =>
      recovered.push(`${String(data)}: ${outcome instanceof ClientError ? outcome.code : (outcome.position ?? "")}`),
  });
  return { platform, client, queue, recovered };
}

function published({ platform }: Page): unknown[] {
  return platform.socket.sent.flatMap((message) => (message.type === "publish" ? [message.data] : []));
}

test("a publish is in the storage until it is settled", async () => {
  const storage = new FakeStorage();
  const now = page(storage);
  const done = now.queue.publish("lobby", { text: "你好" });
  await settle();
  assert.deepEqual([storage.length, now.queue.size], [1, 1]);
  now.platform.establish();
  now.platform.socket.receive({ type: "published", ref: now.platform.socket.last("publish").ref, room: "lobby", position: "p1" });
  assert.deepEqual(await done, { position: "p1" });
  assert.deepEqual([storage.length, now.queue.size], [0, 0]);
});

test("what a page left unsent goes out from the next page with the same id, in order and before anything later", async () => {
  const storage = new FakeStorage();
  const before = page(storage);
  for (let at = 0; at < 12; at++) void before.queue.publish("lobby", at);
  await settle();
  const ids = [...storage.entries.values()].map((text) => (JSON.parse(text) as { id: string }).id);
  const after = page(storage);
  void after.queue.publish("lobby", "later");
  await settle();
  const { socket } = after.platform;
  after.platform.establish();
  assert.deepEqual(published(after), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, "later"]);
  assert.deepEqual(
    socket.sent.flatMap((message) => (message.type === "publish" && message.data !== "later" ? [message.id] : [])),
    ids,
  );
  for (const message of socket.sent)
    if (message.type === "publish") socket.receive({ type: "published", ref: message.ref, room: "lobby", position: `p${message.ref}` });
  await settle();
  assert.deepEqual([after.recovered.length, after.recovered[0], storage.length], [12, "0: p1", 0]);
});

test("what a page may have sent ends as unknown on the next page and is not sent again", async () => {
  for (const isConnectedFirst of [true, false]) {
    const storage = new FakeStorage();
    const before = page(storage);
    if (isConnectedFirst) before.platform.establish();
    void before.queue.publish("lobby", "a");
    await settle();
    if (!isConnectedFirst) before.platform.establish();
    const after = page(storage);
    after.platform.establish();
    await settle();
    assert.deepEqual([after.recovered, published(after), storage.length], [["a: unknown"], [], 0]);
  }
});

test("a storage without space rejects with queue-full, and what waits stays", async () => {
  const storage = new FakeStorage();
  storage.mostEntries = 1;
  const { queue } = page(storage);
  void queue.publish("lobby", "a");
  await assert.rejects(queue.publish("lobby", "b"), { code: "queue-full", message: /QuotaExceededError/ });
  assert.deepEqual([queue.size, storage.length], [1, 1]);
});

test("a refused publish leaves the storage, and its error is the client's", async () => {
  const storage = new FakeStorage();
  const { queue } = page(storage);
  await assert.rejects(queue.publish("", 1), { code: "bad-name" });
  await assert.rejects(queue.publish("lobby", 1n), { code: "bad-data" });
  assert.equal(storage.length, 0);
});

test("what is not of the queue's making stays where it is", () => {
  const storage = new FakeStorage();
  for (const [key, text] of [
    ["openline:0", "{"],
    ["openline:1", "null"],
    ["openline:x", "{}"],
    ["other", "1"],
  ] as const)
    storage.setItem(key, text);
  assert.deepEqual([page(storage).queue.size, storage.length], [0, 4]);
});
