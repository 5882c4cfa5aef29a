import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock, settle } from "@openline/testkit";
import { Hub } from "../../src/hub.ts";
import { HubStation } from "../../src/testing/hub-station.ts";
import type { Observation } from "../../src/testing/observation.ts";
import { countingIds } from "../support/test-hub.ts";

function bench(): { hub: Hub; station: HubStation; seen: Observation[] } {
  const clock = new FakeClock();
  const hub = new Hub({ clock, ids: countingIds(), rules: { slow: "latest" }, outboundBytes: 2_000 });
  const seen: Observation[] = [];
  const station = new HubStation("ann", () => hub, seen, clock.now);
  station.witness.join("r");
  return { hub, station, seen };
}

const kinds = (seen: readonly Observation[]): string[] => seen.map(({ type }) => type);

test("it connects once, is cut, and comes back with its position", async () => {
  const { hub, station, seen } = bench();
  station.dial();
  station.dial();
  await settle();
  assert.equal(hub.sessionCount, 1);
  station.cut();
  station.cut();
  await hub.publish("r", { data: 1 });
  station.dial();
  await settle();
  assert.deepEqual(kinds(seen), ["joined", "away", "joined", "message"]);
  hub.close();
  assert.equal(station.witness.isConnected, false, "a hub that closes ends its connections");
});

test("what comes while it stalls waits, and beyond twenty messages the room's policy decides", async () => {
  const { hub, station, seen } = bench();
  station.dial();
  await settle();
  station.stall();
  for (let count = 0; count < 40; count++) await hub.publish("r", { data: count });
  assert.deepEqual(kinds(seen), ["joined"]);
  station.flow();
  const heard = kinds(seen);
  assert.deepEqual([heard.filter((kind) => kind === "message").length, heard.filter((kind) => kind === "gap").length], [21, 1]);
  hub.close();
});

test("with spoil it is at a server that is wrong", async () => {
  const hub = new Hub({ clock: new FakeClock(), ids: countingIds() });
  const seen: Observation[] = [];
  const station = new HubStation(
    "ann",
    () => hub,
    seen,
    Date.now,
    (message) => (message.text.includes('"data":1') ? undefined : message),
  );
  station.witness.join("r");
  station.dial();
  await settle();
  for (const data of [1, 2]) await hub.publish("r", { data });
  assert.deepEqual(kinds(seen), ["joined", "message"]);
  hub.close();
});
