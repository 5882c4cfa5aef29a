import assert from "node:assert/strict";
import { test } from "node:test";
import { webTabs } from "../../src/shared/tab-world.ts";

const nodeMajor = Number(process.versions.node.split(".")[0]);

// With real tabs it is tested in Chromium: conformance/sdk/shared.test.ts.
test("tabs have nothing in common where Web Locks or BroadcastChannel are missing", {
  skip: nodeMajor >= 24,
}, () => {
  assert.equal(webTabs(), undefined);
});
