import assert from "node:assert/strict";
import { test } from "node:test";
import { LineSiblings } from "../../src/workers/line-siblings.ts";
import type { WorkerView } from "../../src/workers/siblings.ts";
import type { Welcome } from "../../src/workers/worker-words.ts";

const welcome: Welcome = { workers: 3, port: 1, sharesPort: false, descriptors: [], hasStore: false, hasWebhook: true };

function bench(more: Partial<Welcome> = {}) {
  const said: unknown[] = [];
  const answers: Record<string, unknown> = {};
  const line = {
    ask: async (topic: string, body: unknown) => {
      said.push([topic, body]);
      return await Promise.resolve(JSON.stringify(answers[topic] ?? null));
    },
    tell: (topic: string, body: unknown) => void said.push([topic, body]),
    silentMs: 0,
  };
  return { line, siblings: new LineSiblings(line, { ...welcome, ...more }, undefined), said, answers };
}

test("what all have is asked of the primary", async () => {
  const { siblings, said, answers } = bench();
  answers["all-users"] = [{ user: "Ada", sessions: 2 }];
  answers["all-connected"] = 2;
  answers["all-metrics"] = "text";
  answers["all-rooms"] = [];
  assert.deepEqual(
    [await siblings.users(), await siblings.connected({ user: "Ada" }), await siblings.metrics(), await siblings.rooms()],
    [[{ user: "Ada", sessions: 2 }], 2, "text", []],
  );
  assert.deepEqual(said, [
    ["all-users", null],
    ["all-connected", { user: "Ada" }],
    ["all-metrics", null],
    ["all-rooms", null],
  ]);
});

test("what a sibling asks is answered by the server, and by nothing before there is one", async () => {
  const { siblings } = bench();
  assert.deepEqual([await siblings.answer("users", "null"), await siblings.answer("metrics", "null")], [[], []]);
  const view: WorkerView = {
    users: () => [{ user: "Bo", sessions: 1 }],
    rooms: async () => await Promise.resolve([]),
    connected: (whom) => ("user" in whom && whom.user === "Bo" ? 1 : 0),
    metrics: async () => await Promise.resolve([{ name: "m" }]),
  };
  siblings.show(view);
  assert.deepEqual(
    [await siblings.answer("users", "null"), await siblings.answer("connected", '{"user":"Bo"}'), await siblings.lastMetrics()],
    [[{ user: "Bo", sessions: 1 }], 1, [{ name: "m" }]],
  );
  await assert.rejects(siblings.answer("secrets", "null"), TypeError);
});

test("the webhook is the primary's: what was done is told to it, and how it fares is asked", async () => {
  const { siblings, said, answers } = bench();
  answers["dead-letters"] = [];
  answers["retry-dead-letters"] = 2;
  siblings.webhook?.observe({ time: 1, type: "occupied", room: "a" });
  assert.deepEqual([await siblings.webhook?.deadLetters(), await siblings.webhook?.retryDeadLetters()], [[], 2]);
  await siblings.webhook?.state();
  assert.deepEqual(said[0], ["activity", { time: 1, type: "occupied", room: "a" }]);
  assert.equal(bench({ hasWebhook: false }).siblings.webhook, undefined);
});

test("the counts of the others are added to the own", () => {
  const { siblings } = bench();
  siblings.hear({ connections: { "": 5 }, userConnections: { ada: 2 } });
  siblings.connections.add("");
  assert.deepEqual([siblings.connections.count(""), siblings.userConnections.count("ada"), siblings.addresses.count("x")], [6, 2, 0]);
  siblings.connections.close();
});

test("a primary that has not answered for two seconds is not there", () => {
  const { siblings, line } = bench();
  assert.equal(siblings.isCutOff, false);
  line.silentMs = 2_000;
  assert.equal(siblings.isCutOff, true);
});
