import assert from "node:assert/strict";
import { test } from "node:test";
import { packageVersion } from "../src/version.ts";

test("the version is the one of package.json", () => assert.match(packageVersion(), /^\d+\.\d+\.\d+/));
