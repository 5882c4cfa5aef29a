import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Observation, Witness } from "@openline/hub/testing";
import { SocketStation } from "../../src/verify/socket-station.ts";
import { hubServer } from "./hub-server.ts";

async function until(check: () => boolean): Promise<void> {
  for (let passed = 0; !check(); passed += 5) {
    assert.ok(passed < 5_000, String(check));
    await delay(5);
  }
}

function stationAt(t: TestContext, ...urls: string[]): { station: SocketStation; seen: Observation[] } {
  const seen: Observation[] = [];
  const witness = new Witness({ name: "ann", now: Date.now, record: (observation) => seen.push(observation) });
  const station = new SocketStation(witness, { urls, first: 0, apiKey: undefined });
  t.after(() => station.cut());
  witness.join("r");
  return { station, seen };
}

test("it connects, loses the connection when cut, and comes back with its position", async (t) => {
  const { station, seen } = stationAt(t, await hubServer(t));
  const { witness } = station;
  station.dial();
  station.dial();
  await until(() => witness.rooms.get("r")?.isJoined === true);
  witness.publish("r");
  await until(() => seen.some(({ type }) => type === "published") && seen.some(({ type }) => type === "message"));
  station.cut();
  station.cut();
  assert.equal(witness.isConnected, false);
  station.dial();
  await until(() => seen.filter(({ type }) => type === "joined").length === 2);
  const back = seen.findLast(({ type }) => type === "joined");
  assert.ok(back?.type === "joined");
  assert.equal(back.recovered, true);
});

test("a stalled one hears nothing until it flows", async (t) => {
  const url = await hubServer(t);
  const [slow, other] = [stationAt(t, url), stationAt(t, url)];
  for (const { station } of [slow, other]) {
    station.dial();
    await until(() => station.witness.rooms.get("r")?.isJoined === true);
  }
  slow.station.stall();
  other.station.witness.publish("r");
  await until(() => other.seen.some(({ type }) => type === "message"));
  await delay(50);
  assert.ok(!slow.seen.some(({ type }) => type === "message"));
  slow.station.flow();
  await until(() => slow.seen.some(({ type }) => type === "message"));
});

test("after some attempts it tries the next address, and says why the last one failed", async (t) => {
  const { station } = stationAt(t, "ws://127.0.0.1:1/hub", await hubServer(t));
  station.dial();
  await until(() => station.fault !== undefined);
  assert.match(station.fault ?? "", /^ws:\/\/127\.0\.0\.1:1\/hub: .*ECONNREFUSED/);
  await until(() => {
    station.dial();
    return station.witness.isConnected;
  });
  assert.equal(station.fault, undefined);
});
