import assert from "node:assert/strict";
import { test } from "node:test";
import type { HubActivity } from "@openline/hub";
import { RoomLedger } from "../../src/workers/room-ledger.ts";

function bench(isWhole: boolean) {
  const told: string[] = [];
  const tell = (activity: HubActivity): void => {
    const { type } = activity;
    told.push([type, "session" in activity ? activity.session : "", "room" in activity ? activity.room : ""].filter(Boolean).join(" "));
  };
  const ledger = new RoomLedger({ tell, isWhole, now: () => 7 });
  const does = (worker: number, session: string, type: "connect" | "disconnect" | "join" | "leave", room = ""): void =>
    ledger.hear(worker, { time: 1, type, session, room, resumed: false, code: 1000, reason: "r", user: "Ada" } as HubActivity);
  const took = (): string[] => told.splice(0);
  return { ledger, does, took };
}

test("a room is occupied by the first member of all workers and vacated by the last, whatever each worker saw of it", () => {
  const { ledger, does, took } = bench(true);
  does(1, "a", "connect");
  does(2, "b", "connect");
  does(1, "a", "join", "lobby");
  ledger.hear(1, { time: 1, type: "occupied", room: "lobby" });
  does(2, "b", "join", "lobby");
  ledger.hear(2, { time: 1, type: "occupied", room: "lobby" });
  assert.deepEqual(took(), ["connect a", "connect b", "join a lobby", "occupied lobby", "join b lobby"]);
  does(1, "a", "leave", "lobby");
  does(2, "b", "leave", "lobby");
  ledger.hear(2, { time: 1, type: "vacated", room: "lobby" });
  assert.deepEqual([took(), ledger.occupied], [["leave a lobby", "leave b lobby", "vacated lobby"], 0]);
});

test("the sessions of a worker that dies have disconnected and left; one that was away has only left", () => {
  const { ledger, does, took } = bench(true);
  for (const [worker, session] of [
    [1, "a"],
    [1, "b"],
    [2, "c"],
  ] as const) {
    does(worker, session, "connect");
    does(worker, session, "join", "lobby");
  }
  does(1, "b", "join", "b's own");
  does(1, "b", "disconnect");
  took();
  ledger.leave(1, true);
  assert.deepEqual(took(), ["disconnect a", "leave a lobby", "leave b lobby", "leave b b's own", "vacated b's own"]);
  ledger.leave(2, false);
  assert.deepEqual([took(), ledger.occupied], [[], 0]);
  ledger.leave(3, true);
  assert.deepEqual(took(), []);
});

test("where other nodes have members too, each worker's own word on rooms is passed on", () => {
  const { ledger, does, took } = bench(false);
  does(1, "a", "connect");
  does(1, "a", "join", "lobby");
  ledger.hear(1, { time: 1, type: "occupied", room: "lobby" });
  does(1, "a", "disconnect");
  does(1, "a", "leave", "lobby");
  assert.deepEqual([took(), ledger.occupied], [["connect a", "join a lobby", "occupied lobby", "disconnect a", "leave a lobby"], 0]);
  ledger.leave(1, true);
  assert.deepEqual(took(), []);
});
