import assert from "node:assert/strict";
import { test } from "node:test";
import { unmapped } from "../test-map.mjs";

const texts = {
  "packages/ws/src/index.ts": 'export * from "./server.ts";\nexport type { A } from "./a.ts";\n',
  "packages/ws/src/driver.ts": 'import type { A } from "./a.ts";\n\n/** What it is. */\nexport interface Driver {\n  read(): void;\n}\n',
  "packages/ws/src/server.ts": "export const a = 1;\n",
  "packages/ws/test/server.test.ts": "",
  "packages/ws/test/order.rules.test.ts": "",
};
const look = (more) => unmapped(Object.keys({ ...texts, ...more }), (path) => ({ ...texts, ...more })[path]);

test("a source with its test, one that only passes on names, and one of types alone are mapped", () => {
  assert.deepEqual(look({}), []);
});

test("a source without a test, a test without a source and a script without a test are named", () => {
  assert.match(look({ "packages/ws/src/mask.ts": "export const mask = 1;" }).join(), /mask\.ts has no test file/);
  assert.match(look({ "packages/ws/test/gone.test.ts": "" }).join(), /gone\.test\.ts has no source file/);
  assert.match(look({ "scripts/new.mjs": "export function a() {}" }).join(), /scripts\/new\.mjs has no test file/);
});
