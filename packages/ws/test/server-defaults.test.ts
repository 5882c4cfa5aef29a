import assert from "node:assert/strict";
import { test } from "node:test";
import { PROFILES } from "@openline/protocol";
import { withDefaults } from "../src/server-defaults.ts";

test("what is left open has the profile's default, what is given stays, the object given is not touched", () => {
  const given = Object.freeze({ noServer: true, maxPayload: 5 });
  const options = withDefaults(given, PROFILES.ws);
  assert.equal(options.maxPayload, 5);
  assert.equal(options.maxFragments, 16_384);
  assert.equal(options.noServer, true);
  assert.equal(withDefaults(given, PROFILES.server).closeTimeout, PROFILES.server.closeTimeoutMs);
});
