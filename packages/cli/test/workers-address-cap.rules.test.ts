// `openline serve --workers 2 --max-connections-per-address 3`: one cap for all workers. The built binary and real sockets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFull, comeIn, visit } from "./handshakes.ts";
import { until } from "./nodes-fixture.ts";
import { type Crew, startCrew } from "./workers-fixture.ts";

/** The workers in the order in which they took connections, by the log. */
function takers({ started }: Crew): number[] {
  return [...started.out().matchAll(/"worker":(\d+),"connection":[^\n]*"msg":"connection-opened"/g)].map(([, worker]) => Number(worker));
}

function pidOf({ started }: Crew, worker: number): number {
  const [, pid] = new RegExp(`"worker":${worker},"pid":(\\d+),"msg":"a worker starts"`).exec(started.out()) ?? [];
  return Number(pid);
}

test("R16: the cap per address holds for all workers together; a place is free again when its connection closes, and when its worker is killed", async (t) => {
  const crew = await startCrew(t, 2, "--trust-proxy", "127.0.0.1", "--max-connections-per-address", "3");
  const [here, elsewhere] = ["203.0.113.7", "203.0.113.8"];
  const first = await comeIn(t, crew, here);
  await comeIn(t, crew, here);
  await comeIn(t, crew, here);
  await until("the log has them", () => takers(crew).length >= 3);
  // In turn; where the system shares the port, as it likes.
  if (/^2[02]\./.test(process.versions.node)) assert.equal(new Set(takers(crew)).size, 2);
  await assertFull(t, crew, /the address 203\.0\.113\.7 has 3 connections/, here);

  const other = await visit(t, crew, elsewhere);
  assert.ok("socket" in other, "another address has places of its own");

  first.close();
  await comeIn(t, crew, here);
  await assertFull(t, crew, /the address 203\.0\.113\.7 has 3 connections/, here);

  const [victim = 0] = takers(crew).slice(1);
  const pid = pidOf(crew, victim);
  process.kill(pid, "SIGKILL");
  await crew.renewed(2, [pid]);
  await comeIn(t, crew, here);
});
