import assert from "node:assert/strict";
import { test } from "node:test";
import { findProgram, noRedis } from "@openline/testkit";
import { rollingPage, rollingPlot, seriesOf } from "./report.ts";
import { rollingRestart } from "./rolling.ts";
import { assertRolling } from "./verdict.ts";

const haproxy = findProgram("haproxy");
const missing = noRedis ?? (haproxy.path === undefined ? haproxy.reason : undefined);
const skip = missing === undefined ? {} : { skip: missing };

test(
  "R5, R8: three nodes restarted one after another behind HAProxy: every client is told 1012, comes back within the budget, recovers, and misses nothing",
  skip,
  async (t) => {
    const run = await rollingRestart({ clients: 120, perSecond: 40, spreadMs: 1500, rate: 40 });
    t.diagnostic(JSON.stringify({ ...run.tally, mostInASecond: run.mostInASecond }));
    assertRolling(run);
    const { connected } = seriesOf(run);
    assert.equal(connected.at(-1), 120);
    assert.ok(Math.min(...connected) < 120);
    assert.match(rollingPlot(run), /<polyline class="up" points="[\d., ]+"/);
    assert.match(rollingPage(run, "taken"), /\| lost, twice|120 of 120/);
  },
);
