import assert from "node:assert/strict";
import { test } from "node:test";
import { readBenchSettings } from "../../src/bench/bench-settings.ts";

const url = "ws://localhost:8080/";

test("the defaults, and what a hub changes: its path and its subprotocol", () => {
  const { plan, rounds, compare } = readBenchSettings(url, {}, {});
  assert.deepEqual(
    [plan.url, plan.scenario, plan.connections, plan.durationMs, plan.ratePerSecond, plan.bytes, plan.inFlight],
    [url, "echo", 100, 10_000, undefined, 64, 1],
  );
  assert.deepEqual([rounds, compare], [3, undefined]);
  const hub = readBenchSettings("https://chat.example/live/", { room: "a" }, { OPENLINE_TOKEN: "t" }).plan;
  assert.deepEqual([hub.url, hub.subprotocols, hub.token], ["wss://chat.example/live/hub", ["openline.v1"], "t"]);
});

test("what cannot be used is refused with the flag, the bounds and the value", () => {
  const cases: [string, Record<string, string | string[]>, RegExp][] = [
    ["localhost:8080", {}, /must begin with ws:\/\/, .*"localhost:8080"/],
    [url, { scenario: "dance" }, /--scenario must be one of echo, .*"dance"/],
    [url, { connections: "0" }, /--connections must be a whole number from 1 to 1,000,000, not "0"/],
    [url, { connections: "1.5" }, /whole number/],
    [url, { rate: "fast" }, /--rate must be a number from 0\.01 .*"fast"/],
    [url, { bytes: "10" }, /--bytes .*from 64 to 1,048,576, not "10"/],
    [url, { duration: "0s" }, /--duration must be a time/],
    [url, { header: ["no colon"] }, /--header must be NAME: VALUE, not "no colon"/],
    [url, { "slow-share": "2" }, /--slow-share .*from 0 to 1, not "2"/],
  ];
  for (const [address, flags, message] of cases) assert.throws(() => readBenchSettings(address, flags, {}), { exitCode: 2, message });
});

test("there are no more drivers than connections", () => {
  assert.equal(readBenchSettings(url, { connections: "2", drivers: "8" }, {}).drivers, 2);
});
