import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, type Question } from "./http-fixture.ts";
import { openClient, startServer, type TestClient } from "./server-fixture.ts";
import { startBackend } from "./webhooks/backend-fixture.ts";

const room = "聊天室 👩🏽‍🚀 e\u0301";
const user = "小明 🐼 o\u0308";
const text = "你好 👋🏽 e\u0301 \u{1F468}\u200D\u{1F469}\u200D\u{1F467} \uFEFF";
const at = (path: string): string => path.replace("ROOM", encodeURIComponent(room)).replace("USER", encodeURIComponent(user));
const json = (body: unknown): Question => ({ method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });

async function enter(port: number, name: string, ticket?: string): Promise<TestClient> {
  const client = await openClient(`ws://localhost:${port}/hub`);
  client.send({ type: "connect", ref: 0, version: 1, user: name, ...(ticket !== undefined && { token: ticket }) });
  assert.equal((await client.next("connected"))["user"], name);
  return client;
}

/** One event of a stream, by what its data must have. */
async function eventWith(response: Response, wanted: string): Promise<string> {
  let seen = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    seen += decoder.decode(chunk as Uint8Array, { stream: true });
    if (seen.includes(wanted)) return seen;
  }
  throw new Error(`the stream ended: ${seen}`);
}

test("U: Chinese text, emoji and combining characters travel through every door of the server, room names and user names included", {
  timeout: 60_000,
}, async (t) => {
  const backend = await startBackend(t);
  const hooked: unknown[] = [];
  const { port, server } = await startServer(t, {
    webhook: { url: backend.url, events: ["publish", "join"] },
    hooks: { afterPublish: ({ room: where, user: who, data }) => void hooked.push([where, who, data]) },
  });
  const http = async (path: string, question?: Question) => await ask(port, at(path), question);
  server.hub.onRequest(text.trim(), (data, source) => [data, source.user]);

  // A ticket with the name, WebSocket with it, presence with data.
  const { ticket } = (await http("/api/tickets", json({ user }))).body as { ticket: string };
  const own = await enter(port, user, ticket);
  own.send({ type: "join", ref: 1, room, presence: true, data: { [text]: text } });
  const joined = await own.next("joined");
  assert.equal(joined["room"], room);
  const other = await enter(port, "Bo");
  other.send({ type: "join", ref: 1, room, presence: true });
  const [member] = (await other.next("joined"))["members"] as [{ user: string; data: unknown }];
  assert.deepEqual([member.user, member.data], [user, { [text]: text }]);

  // A stream and a poll that wait, then what is published comes through all of them.
  const stopped = new AbortController();
  t.after(() => stopped.abort());
  const stream = await fetch(`http://localhost:${port}${at("/api/rooms/ROOM/messages")}`, {
    headers: { accept: "text/event-stream" },
    signal: stopped.signal,
  });
  const poll = http("/api/rooms/ROOM/messages?wait=30&rewind=1");
  own.send({ type: "publish", ref: 2, room, data: { [text]: text }, id: "u-1" });
  const live = await other.next("message");
  assert.deepEqual([live["room"], live["user"], live["data"]], [room, user, { [text]: text }]);
  assert.ok((await eventWith(stream, '"user":')).includes(JSON.stringify({ [text]: text })));
  const polled = (await poll).body as { room: string; messages: { user: string; data: unknown }[] };
  assert.deepEqual([polled.room, polled.messages[0]?.user, polled.messages[0]?.data], [room, user, { [text]: text }]);

  // HTTP: text, JSON, many, history, members, rooms, users.
  assert.equal((await http("/api/rooms/ROOM/messages", { method: "POST", body: text })).status, 201);
  assert.equal((await other.next("message"))["data"], text);
  assert.equal((await http("/api/messages", json({ messages: [{ room, data: text }] }))).status, 200);
  const { messages } = (await http("/api/rooms/ROOM/messages?limit=10")).body as { messages: { data: unknown }[] };
  assert.deepEqual(
    messages.map(({ data }) => data),
    [{ [text]: text }, text, text],
  );
  assert.ok((await http("/api/rooms")).text.includes(JSON.stringify(room)));
  assert.ok((await http("/api/users")).text.includes(JSON.stringify(user)));
  assert.ok((await http("/api/rooms/ROOM/members")).text.includes(JSON.stringify(user)));

  // Direct messages and requests, both ways.
  other.send({ type: "send", ref: 3, user, data: text });
  assert.equal((await own.next("direct"))["data"], text);
  assert.deepEqual((await http("/api/users/USER/messages", json(text))).body, { user, delivered: 1 });
  own.send({ type: "request", ref: 4, name: text.trim(), data: text });
  assert.deepEqual((await own.next("response"))["data"], [text, user]);

  // What the application hears, in process and by webhook.
  const told = (): Record<string, unknown>[] => backend.calls.flatMap(({ body }) => body["events"] as Record<string, unknown>[]);
  for (let count = 1; !told().some(({ data }) => data === text); count++) await backend.called(count);
  const event = told().find(({ type, user: who }) => type === "publish" && who === user);
  assert.deepEqual([event?.["room"], event?.["data"]], [room, { [text]: text }]);
  assert.deepEqual(hooked[0], [room, user, { [text]: text }]);

  // Out again, with words.
  await http("/api/disconnect", json({ user, reason: "再见 👋" }));
  assert.deepEqual(await own.ended, { code: 4404, reason: "再见 👋" });
});
