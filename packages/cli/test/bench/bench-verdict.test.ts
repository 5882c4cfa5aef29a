import assert from "node:assert/strict";
import { test } from "node:test";
import { benchVerdict } from "../../src/bench/bench-verdict.ts";
import { histogram, result } from "./result.ts";

test("a run without faults is measured", () => {
  assert.deepEqual(benchVerdict(result()), { kind: "measured", faults: [] });
});

test("R25: no verdict where the driver was busy or late, or files or ports ran out; each says what to do", () => {
  const cases = [
    [{ busy: 0.97 }, /busy for 97 % of its time; use more with --drivers 2/],
    [{ lateness: histogram(...Array.from({ length: 50 }, () => 0.1), 80) }, /left 8\d ms or more after its time/],
    [{ failures: { EMFILE: 3 } }, /ulimit -n/],
    [{ failures: { EADDRNOTAVAIL: 1 } }, /ip_local_port_range/],
  ] as const;
  for (const [more, limit] of cases) {
    const verdict = benchVerdict(result(more));
    assert.equal(verdict.kind, "no verdict");
    assert.match(verdict.kind === "no verdict" ? verdict.limits.join() : "", limit);
  }
});

test("what the server did wrong is counted: refusals, losses, silence", () => {
  const faultsOf = (more: Parameters<typeof result>[0]): string => {
    const verdict = benchVerdict(result(more));
    return verdict.kind === "measured" ? verdict.faults.join() : "no verdict";
  };
  assert.match(faultsOf({ failures: { "HTTP 503": 1200 } }), /1,200 times: HTTP 503/);
  assert.match(faultsOf({ wrong: 2 }), /2 messages came out of order/);
  assert.match(faultsOf({ unanswered: 3 }), /3 messages were not answered 3 s after the end/);
  assert.match(faultsOf({ plan: { ...result().plan, scenario: "avalanche" as const }, unanswered: 1 }), /1 connections were not back/);
  assert.match(faultsOf({ received: 0 }), /does this server echo/);
  const idle = { plan: { ...result().plan, scenario: "idle" as const }, open: 7 };
  const fanOut = { plan: { ...result().plan, scenario: "fan-out" as const }, sent: 4 };
  assert.match(faultsOf({ ...fanOut, received: 30, late: 2 }), /^4 deliveries had not come/);
  assert.equal(faultsOf({ ...fanOut, received: 34, late: 2 }), "", "a server that leaves the sender out");
  assert.match(faultsOf({ ...fanOut, plan: { ...fanOut.plan, room: "load" }, received: 36 }), /^4 deliveries/);
  assert.match(faultsOf(idle), /3 of 10 connections are gone/);
});
