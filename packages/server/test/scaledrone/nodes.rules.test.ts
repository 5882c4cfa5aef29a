import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { MemoryBroker } from "@openline/hub";
import { type ServerFixture, startServer } from "../server-fixture.ts";
import { RawDrone, secret, tokenFor } from "./fixture.ts";

const clock = {
  now: Date.now,
  setTimeout: (callback: () => void, delayMs: number): unknown => setTimeout(callback, delayMs).unref(),
  clearTimeout: (timer: unknown): void => clearTimeout(timer as NodeJS.Timeout),
};

/** Two nodes on one store. */
async function startNodes(t: TestContext): Promise<readonly [ServerFixture, ServerFixture]> {
  const broker = new MemoryBroker({ clock, ids: { epoch: randomUUID, tag: randomUUID } });
  t.after(() => broker.close());
  const scaledrone = { open: { secret, requireAuth: false, history: true }, closed: { secret, history: true } };
  return [await startServer(t, { broker, scaledrone }), await startServer(t, { broker, scaledrone })];
}

const authorization = `Basic ${Buffer.from(`closed:${secret}`).toString("base64")}`;

async function get({ port }: ServerFixture, path: string): Promise<unknown> {
  return await (await fetch(`http://localhost:${port}${path}`, { headers: path.startsWith("/closed") ? { authorization } : {} })).json();
}

test("two nodes: messages, members, history and client ids are the same on both, and REST on one reaches clients of the other", async (t) => {
  const [one, two] = await startNodes(t);
  const ada = await RawDrone.enter(t, one, "open", { name: "Ada" });
  await ada.ask({ type: "subscribe", room: "observable-a" });
  await ada.next();
  ada.say({ type: "publish", room: "observable-a", message: "before" });
  assert.equal((await ada.next())["message"], "before");
  const bo = await RawDrone.enter(t, two, "open");
  await bo.ask({ type: "subscribe", room: "observable-a", history_count: 5 });
  const members = (await bo.next())["data"] as { id: string }[];
  assert.deepEqual(new Set(members.map(({ id }) => id)), new Set([ada.clientId, bo.clientId]));
  const old = await bo.next();
  assert.deepEqual([old["type"], old["message"], old["client_id"]], ["history_message", "before", ada.clientId]);
  assert.deepEqual(await ada.next(), { type: "observable_member_join", room: "observable-a", data: { id: bo.clientId } });
  const published = await fetch(`http://localhost:${two.port}/open/observable-a/publish`, { method: "POST", body: "嗨" });
  assert.equal(published.status, 200);
  for (const drone of [ada, bo]) assert.equal((await drone.next())["message"], "嗨");
  bo.socket.terminate();
  assert.equal((await ada.next())["type"], "observable_member_leave");
});

test("two nodes: each tells who is where on both, also of rooms that none of its own clients is in", async (t) => {
  const [one, two] = await startNodes(t);
  const ada = await RawDrone.enter(t, one, "closed");
  await ada.ask({ type: "authenticate", token: await tokenFor(ada.clientId, { ".*": { subscribe: true } }) });
  await ada.ask({ type: "subscribe", room: "a" });
  for (const node of [one, two]) {
    assert.deepEqual(await get(node, "/closed/a/members"), [ada.clientId]);
    assert.deepEqual(await get(node, "/closed/rooms"), ["a"]);
    assert.deepEqual(await get(node, "/closed/members"), [ada.clientId]);
    assert.deepEqual(await get(node, "/closed/room-members"), { a: [ada.clientId] });
    assert.deepEqual(await get(node, "/closed/stats"), { users_count: 1 });
  }
});
