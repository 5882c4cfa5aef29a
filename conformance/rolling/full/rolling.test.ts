import { test } from "node:test";
import { findProgram, noRedis } from "@openline/testkit";
import { rollingRestart } from "../rolling.ts";
import { assertRolling } from "../verdict.ts";

const haproxy = findProgram("haproxy");
const missing = noRedis ?? (haproxy.path === undefined ? haproxy.reason : undefined);

test("R5, R8: the same with 2,000 clients", missing === undefined ? {} : { skip: missing }, async (t) => {
  const run = await rollingRestart({ clients: 2000, perSecond: 300, spreadMs: 5000, rate: 50 });
  t.diagnostic(JSON.stringify({ ...run.tally, mostInASecond: run.mostInASecond }));
  assertRolling(run);
});
