import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Line, StoreDesk } from "@openline/brokers/workers";
import type { ForkedWorker } from "../../src/workers/forked-worker.ts";
import { WorkerSeat } from "../../src/workers/worker-seat.ts";

function bench() {
  const did: unknown[] = [];
  let end: (how: string) => void = () => {};
  const ended = new Promise<string>((resolve) => (end = resolve));
  const process: ForkedWorker = { id: 4, pid: 99, kill: (signal) => void did.push(signal), ended };
  const seat = new WorkerSeat(process);
  const line = { tell: (...told: unknown[]) => void did.push(told), close: () => void did.push("line closed") } as unknown as Line;
  const desk = { close: () => void did.push("desk closed") } as unknown as StoreDesk;
  return { seat, line, desk, did, end };
}

const listening = { urls: [], port: 1, isOpen: false };

test("a worker that serves is told to end, and killed when it does not in time", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const { seat, line, desk, did, end } = bench();
  seat.take(line, desk);
  seat.serves(listening);
  assert.equal(await seat.listening, listening);
  assert.ok(seat.isServing);
  assert.ok(!seat.hasGreeted);
  seat.greet();
  await seat.greeted;
  seat.leave({ code: 1012 }, 5000);
  seat.leave({ code: 1001 }, 5000);
  assert.deepEqual([did, seat.wasDismissed, seat.isServing], [[["drain", { code: 1012 }]], true, false]);
  seat.lost();
  assert.deepEqual(did.splice(0), [["drain", { code: 1012 }], "desk closed"]);
  mock.timers.tick(8000);
  assert.deepEqual(did.splice(0), ["SIGKILL"]);
  end("SIGKILL");
  assert.equal(await seat.ended, "SIGKILL");
  assert.equal(seat.line, undefined);
});

test("a worker whose line breaks is killed: a process that cannot be spoken to is none", () => {
  const { seat, line, desk, did } = bench();
  seat.take(line, desk);
  seat.serves(listening);
  seat.lost();
  assert.deepEqual(did, ["desk closed", "SIGKILL"]);
});

test("a worker that cannot begin says why; one that dies before it listens is reported with how it ended", async () => {
  const failing = bench();
  failing.seat.fails({ name: "Error", message: "port 1 is taken", code: "EADDRINUSE" });
  await assert.rejects(failing.seat.listening, { code: "EADDRINUSE", message: "port 1 is taken" });
  const dying = bench();
  dying.end("exit code 1");
  await assert.rejects(dying.seat.greeted, /ended before it listened/);
  await assert.rejects(dying.seat.listening, /ended before it listened \(exit code 1\)/);
});

test("a worker that has not begun yet is killed at once when it is not wanted any more", () => {
  const { seat, did } = bench();
  seat.leave({}, 5000);
  assert.deepEqual(did, ["SIGKILL"]);
});
