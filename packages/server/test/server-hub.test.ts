import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type HubGuard, MemoryBroker } from "@openline/hub";
import { createLog } from "../src/log.ts";
import { randomIds } from "../src/random-ids.ts";
import { createHub } from "../src/server-hub.ts";
import { completeSettings } from "../src/settings.ts";
import { systemClock } from "../src/system-clock.ts";

const log = createLog({ level: "silent" });
const application = { access: { anonymous: true }, guard: {}, observe: () => undefined };

test("limits, history and rules of rooms are those of the settings", async (t) => {
  const settings = completeSettings({ limits: { rooms: 1 }, history: { messages: 2 } });
  const hub = createHub(settings, log, undefined, application);
  t.after(() => hub.close());
  for (const data of ["one", "two", "three"]) await hub.publish("lobby", { data });
  const kept = await hub.history("lobby", { limit: 10 });
  assert.deepEqual(
    kept?.messages.map(({ data }) => data),
    ["two", "three"],
  );
  const refused = await hub.publish("kitchen", { data: "x" });
  assert.equal(refused.outcome === "rejected" ? refused.code : refused.outcome, "room-limit");
});

test("two hubs over one broker are two nodes of it, and what is said on one is kept for both", async (t) => {
  const broker = new MemoryBroker({ clock: systemClock, ids: randomIds });
  const hubs = [1, 2].map(() => createHub(completeSettings({}), log, broker, application));
  t.after(() => {
    for (const hub of hubs) hub.close();
    broker.close();
  });
  await hubs[0]?.publish("lobby", { data: "x" });
  assert.equal((await hubs[1]?.rooms())?.[0]?.messages, 1);
});

test("the application's guard is asked before the address that the settings name, and what it refuses is not asked there", async (t) => {
  const asked: string[] = [];
  const backend = createServer((_request, response) => {
    asked.push("address");
    response.setHeader("content-type", "application/json").end('{"allow":true}');
  }).listen(0, "127.0.0.1");
  await once(backend, "listening");
  t.after(() => backend.close());
  const { port } = backend.address() as AddressInfo;
  const guard: HubGuard = {
    connect: ({ user }) => {
      asked.push(`guard ${user}`);
      return user === "Eve" ? { refuse: { code: "forbidden", message: "no" } } : undefined;
    },
  };
  const settings = completeSettings({ ask: { url: `http://127.0.0.1:${port}/`, about: ["connect"] } });
  const hub = createHub(settings, log, undefined, { ...application, guard });
  t.after(() => hub.close());
  for (const user of ["Ada", "Eve"])
    await new Promise<void>((resolve) => {
      const transport = { kind: "websocket", send: () => (resolve(), true), close: () => resolve() };
      hub.open(transport, {}).receive(JSON.stringify({ type: "connect", ref: 0, version: 1, user }));
    });
  assert.deepEqual(asked, ["guard Ada", "address", "guard Eve"]);
});
