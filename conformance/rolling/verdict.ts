import assert from "node:assert/strict";
import type { RollingRun } from "./rolling.ts";

/** What must be true of a rolling restart. @throws AssertionError */
export function assertRolling({ options, tally, restarts, happenings, mostInASecond }: RollingRun): void {
  const { connected, lost, twice, outOfOrder, notRecovered, insufficient, recovered } = tally;
  assert.deepEqual(
    { connected, lost, twice, outOfOrder, notRecovered, insufficient },
    { connected: options.clients, lost: 0, twice: 0, outOfOrder: 0, notRecovered: 0, insufficient: 0 },
  );
  const downs = happenings.filter(({ what }) => what === "down");
  // Each client is disconnected as often as it comes back, at least once in all on average: every node had its share of them.
  assert.ok(downs.length >= options.clients * 0.9, `${downs.length} connections were ended`);
  assert.ok(recovered >= downs.length, `${recovered} recovered of ${downs.length}`);
  assert.deepEqual(
    downs.filter(({ code }) => code !== 1012),
    [],
    "every connection was ended with 1012",
  );
  assert.deepEqual(
    restarts.map(({ exitCode }) => exitCode),
    restarts.map(() => 0),
  );
  // Two nodes take them: each a second's worth at once, and what comes in beside it in that second.
  assert.ok(mostInASecond <= options.perSecond * 2 * 2, `${mostInASecond} handshakes in a second`);
  for (const { began, ended } of restarts) {
    const times = downs.map(({ at }) => at).filter((at) => at >= began && at <= ended + 1000);
    const first = Math.min(...times);
    const last = Math.max(...times);
    assert.ok(last - first >= options.spreadMs * 0.6, `the closes of a node were spread over ${last - first} ms`);
  }
}
