import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("a driver whose parent is gone ends by itself", async () => {
  const child = fork(fileURLToPath(new URL("../../dist/bench/driver-main.js", import.meta.url)), { serialization: "advanced" });
  child.disconnect();
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
});
