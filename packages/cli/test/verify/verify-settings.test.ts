import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandFailure } from "../../src/failure.ts";
import { readVerifySettings } from "../../src/verify/verify-settings.ts";

const url = ["ws://localhost:8000"];

test("every flag has a default, the seed a random one", () => {
  const { seed, ...settings } = readVerifySettings({ url }, {});
  assert.ok(Number.isInteger(seed) && seed >= 0);
  assert.deepEqual(settings, {
    urls: ["ws://localhost:8000/hub"],
    clients: 20,
    rooms: 3,
    durationMs: 10_000,
    rate: 200,
    messageBytes: 100,
    unrest: true,
    token: undefined,
    apiKey: undefined,
    broker: undefined,
    brokerFaults: [],
    json: false,
    save: undefined,
  });
});

test("times have units, and addresses are read as the SDK reads them", () => {
  const durations = ["1s", "30", "1500ms", "5m", "2h"].map((duration) => readVerifySettings({ url, duration }, {}).durationMs);
  assert.deepEqual(durations, [1_000, 30_000, 1_500, 300_000, 7_200_000]);
  assert.deepEqual(readVerifySettings({ url: ["https://a.example/wsapp/", "ws://b.example/hub"] }, {}).urls, [
    "wss://a.example/wsapp/hub",
    "ws://b.example/hub",
  ]);
});

test("secrets may come from the environment, the broker's address only where a flag allows a fault", () => {
  const environment = { OPENLINE_API_KEY: "key", OPENLINE_TOKEN: "token", OPENLINE_BROKER: "redis://r" };
  const quiet = readVerifySettings({ url }, environment);
  assert.deepEqual([quiet.apiKey, quiet.token, quiet.broker], ["key", "token", undefined]);
  assert.equal(readVerifySettings({ url, "broker-fault": ["cut"] }, environment).broker, "redis://r");
});

const wrong: [Record<string, string | string[]>, RegExp][] = [
  [{ clients: "1" }, /^--clients must be a whole number from 2 to 1000, not "1"$/],
  [{ clients: "x" }, /^--clients must be a whole number/],
  [{ rooms: "0" }, /^--rooms must be a whole number from 1 to 100/],
  [{ rate: "-1" }, /^--rate must be/],
  [{ seed: "1.5" }, /^--seed must be/],
  [{ duration: "10d" }, /^--duration must be a time from 1s to 24h, such as 30s or 5m, not "10d"$/],
  [{ duration: "25h" }, /^--duration must be/],
  [{ duration: "" }, /^--duration must be/],
  [{ url: ["ftp://x"] }, /^--url: .*ftp/],
  [{ broker: "nats://x" }, /^--broker must be an address like redis:/],
  [{ broker: "redis://x", "broker-fault": ["explode"] }, /^--broker-fault must be one of cut, pause, hang, not "explode"$/],
  [{ "broker-fault": ["cut"] }, /^--broker-fault needs --broker/],
];
for (const [flags, message] of wrong) {
  test(`${JSON.stringify(flags)} is refused as a wrong call`, () => {
    assert.throws(
      () => readVerifySettings({ url, ...flags }, {}),
      (error) => {
        assert.ok(error instanceof CommandFailure);
        assert.equal(error.exitCode, 2);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}
