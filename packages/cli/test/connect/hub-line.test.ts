import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog, createServer, refuse } from "@openline/server";
import { HubLine } from "../../src/connect/hub-line.ts";
import { endText } from "../../src/connect/output.ts";
import { Heard, openLine, settingsOf } from "./line-fixture.ts";

test("--join speaks the hub's wire: history first, lines are published, members come and go", { timeout: 30_000 }, async (t) => {
  const server = createServer({
    port: 0,
    host: "127.0.0.1",
    anonymous: true,
    log: createLog({ level: "silent", format: "json", terminal: false }),
  });
  const { urls } = await server.listen();
  t.after(() => server.close());
  const url = urls[0] ?? "";
  await server.room("lobby").publish("before", { user: "Bob" });
  const settings = settingsOf(url, { join: "lobby", user: "Ada", frames: true, handshake: true });
  const { hub } = settings;
  assert.ok(hub !== undefined);
  const { line, heard } = await openLine(t, (events) => new HubLine({ ...settings, hub }, events));
  await heard.until(({ messages }) => messages.length === 1);
  await line.send('{"n":1}');
  await line.send("plain text");
  await heard.until(({ messages }) => messages.length === 3);
  assert.deepEqual(heard.messages, ["Bob: before", 'Ada: {"n":1}', "Ada: plain text"]);
  assert.match(heard.notes.join(), /in lobby: 1 member/);
  // The magnifying glass looks at this line as at any other.
  assert.match(heard.handshakes[0]?.request ?? "", /Sec-WebSocket-Protocol: openline\.v1/);
  assert.ok(heard.frames.length >= 6);
  const other = await openLine(t, (events) => new HubLine({ ...settings, hub: { ...hub, user: "Bob" } }, events));
  await heard.until(({ notes }) => notes.includes("Bob came"));
  other.line.close();
  assert.deepEqual(await other.heard.end, { kind: "closed", code: 1000, reason: "" });
  await assert.rejects(line.send("x".repeat(100_000)), /65536|64|large|limit/i);
});

test("a room that the hub refuses is told as such, and not as a connection that there is none of", { timeout: 30_000 }, async (t) => {
  const server = createServer({
    port: 0,
    host: "127.0.0.1",
    anonymous: true,
    hooks: { beforeJoin: () => refuse("staff only") },
    log: createLog({ level: "silent", format: "json", terminal: false }),
  });
  const { urls } = await server.listen();
  t.after(() => server.close());
  const settings = settingsOf(urls[0] ?? "", { join: "staff" });
  const heard = new Heard();
  const line = new HubLine({ ...settings, hub: settings.hub! }, heard);
  t.after(() => line.terminate());
  assert.deepEqual(await heard.end, { kind: "out", room: "staff", message: "forbidden: staff only" });
});

test("a hub that wants a token says so, with the flag that gives one", { timeout: 30_000 }, async (t) => {
  const server = createServer({
    port: 0,
    host: "127.0.0.1",
    jwt: { secrets: ["0123456789abcdef0123456789abcdef"] },
    log: createLog({ level: "silent", format: "json", terminal: false }),
  });
  const { urls } = await server.listen();
  t.after(() => server.close());
  const settings = settingsOf(urls[0] ?? "", { join: "lobby" });
  const heard = new Heard();
  const line = new HubLine({ ...settings, hub: settings.hub! }, heard);
  t.after(() => line.terminate());
  const end = await heard.end;
  assert.match(endText(end, settings.url), /^closed with 4403: the token is missing, foreign or expired: give --token, .*\(unauthorized\)/);
});

test("where there is no hub, that is said once, and it is over", { timeout: 30_000 }, async (t) => {
  const settings = settingsOf("ws://127.0.0.1:1/", { join: "lobby" });
  const heard = new Heard();
  const line = new HubLine({ ...settings, hub: settings.hub! }, heard);
  t.after(() => line.terminate());
  const end = await heard.end;
  assert.ok(end.kind === "failed" && /nobody listens/.test(end.message), JSON.stringify(end));
});
