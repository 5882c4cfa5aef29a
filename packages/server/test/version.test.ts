import assert from "node:assert/strict";
import { test } from "node:test";
import { packageVersion } from "../src/version.ts";

test("the version is that of the package", () => assert.match(packageVersion(), /^\d+\.\d+\.\d+/));
