import assert from "node:assert/strict";
import { test } from "node:test";
import { transportOptions } from "../../src/connect/transport-options.ts";
import { Heard, settingsOf } from "./line-fixture.ts";

test("somebody listens in only where that is asked for, and then on the portable driver", () => {
  const heard = new Heard();
  const { createConnection, driver, headers } = transportOptions(settingsOf("ws://x/", { header: ["A: 1", "B: 1", "b: 2"] }), heard);
  assert.deepEqual([createConnection, driver, headers], [undefined, undefined, { A: "1", B: ["1", "2"] }]);
  for (const flag of ["frames", "handshake"]) {
    const options = transportOptions(settingsOf("ws://x/", { [flag]: true }), heard);
    assert.deepEqual([typeof options.createConnection, options.driver], ["function", "portable"]);
  }
});

test("HTTP/2 is asked for by name", () => {
  assert.deepEqual({ ...transportOptions(settingsOf("wss://x/", { http2: true }), new Heard()) }["http2"], true);
});
