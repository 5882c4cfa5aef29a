import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { noNats, startNats } from "@openline/testkit";
import { createLog } from "../src/log.ts";
import { openEngine } from "../src/open-engine.ts";

test("an engine is opened and logged without its password, is away while it cannot be reached, and is closed for good", {
  skip: noNats,
}, async (t) => {
  const server = await startNats('authorization { users: [ { user: "hub", password: "hidden" } ] }\n');
  t.after(async () => await server.stop());
  const lines: string[] = [];
  const log = createLog({ destination: { write: (line) => void lines.push(line) } });
  const { broker, close, isAway } = await openEngine("NATS", `nats://hub:hidden@127.0.0.1:${server.port}?prefix=p`, undefined, log);
  const retention = { messages: 5, bytes: 100, ageMs: 60_000 };
  assert.equal((await broker.publish("a", { content: '"data":1', bytes: 8, time: Date.now(), retention })).outcome, "stored");
  const becomes = async (away: boolean): Promise<void> => {
    const deadline = performance.now() + 60_000;
    for (;;) {
      if (isAway?.() === away) return;
      assert.ok(performance.now() < deadline, `not ${away ? "away" : "back"} within a minute`);
      await delay(20);
    }
  };
  await becomes(false);
  await server.kill();
  await becomes(true);
  await server.restart();
  await becomes(false);
  await close();
  const text = lines.join("");
  for (const said of ["rooms are shared over NATS", "the link to NATS is down", "the link to NATS is up again"])
    assert.ok(text.includes(said), said);
  assert.doesNotMatch(text, /hidden/);
});
