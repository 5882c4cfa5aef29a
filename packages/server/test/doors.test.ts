import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createEntrance } from "../src/auth/entrance.ts";
import { Doors } from "../src/doors.ts";
import { createLog } from "../src/log.ts";
import type { ProblemCode } from "../src/problems.ts";
import { createHub } from "../src/server-hub.ts";
import { completeSettings } from "../src/settings.ts";
import type { SettingsInput } from "../src/settings-schema.ts";
import { openClient } from "./server-fixture.ts";

const secret = "a-secret-of-a-channel";

interface Opened {
  readonly doors: Doors;
  readonly health: { draining: boolean };
  readonly refused: ProblemCode[];
  readonly url: string;
}

async function open(t: TestContext, input: SettingsInput = {}): Promise<Opened> {
  const [log, settings] = [createLog({ level: "silent" }), completeSettings(input)];
  const hub = createHub(settings, log, undefined, { access: { anonymous: true }, guard: {}, observe: () => undefined });
  const entrance = createEntrance(settings, {}, async () => await Promise.resolve(true), Date.now, log);
  const health = { draining: false };
  const refused: ProblemCode[] = [];
  const onRefused = (code: ProblemCode): void => void refused.push(code);
  const doors = new Doors({ settings, hub, broker: undefined, entrance, isApiOpen: true, siblings: undefined, health, onRefused, log });
  const http = createServer().on("upgrade", doors.onUpgrade).listen(0, "127.0.0.1");
  await once(http, "listening");
  t.after(async () => {
    hub.close();
    doors.cut();
    await doors.close();
    http.close();
    http.closeAllConnections();
  });
  return { doors, health, refused, url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

const paths = ["/hub", "/sockjs/websocket", "/v3/websocket"];

test("there is a door for SockJS unless it is off, and one for Scaledrone where there are channels", async (t) => {
  const { doors: plain } = await open(t);
  const { doors: other } = await open(t, { sockjs: { serve: "off" }, scaledrone: { open: { secret, requireAuth: false } } });
  assert.deepEqual([plain.sockjs?.prefix, plain.scaledrone], ["/sockjs", undefined]);
  assert.deepEqual([other.sockjs, other.scaledrone !== undefined], [undefined, true]);
  assert.deepEqual([plain.paths, other.paths], [["/sockjs"], ["/v3/websocket", "/open"]]);
});

test("each door is reached through the one listener, and none through its neighbour's path", async (t) => {
  const { doors, url, refused } = await open(t, { scaledrone: { open: { secret, requireAuth: false } } });
  for (const path of paths) await openClient(url + path);
  assert.equal(doors.sockets, 1);
  await assert.rejects(openClient(`${url}/nothing`), /404/);
  assert.deepEqual(refused, ["not-found"]);
});

test("R16: the limit for connections is one for all doors", async (t) => {
  const { url } = await open(t, { limits: { connections: 2 }, scaledrone: { open: { secret, requireAuth: false } } });
  await openClient(`${url}/hub`);
  await openClient(`${url}/v3/websocket`);
  for (const path of paths) await assert.rejects(openClient(url + path), /503/);
});

test("R8: a server that drains opens no door", async (t) => {
  const { url, health } = await open(t, { scaledrone: { open: { secret, requireAuth: false } } });
  health.draining = true;
  for (const path of paths) await assert.rejects(openClient(url + path), /503/);
});

test("R8: the last has gone when the WebSockets that were open have ended, cut ends them", async (t) => {
  const { doors, url } = await open(t);
  const client = await openClient(`${url}/hub`);
  const gone = doors.lastGone();
  assert.equal(doors.sockets, 1);
  doors.cut();
  await gone;
  assert.deepEqual([doors.sockets, (await client.ended).code], [0, 1006]);
});
