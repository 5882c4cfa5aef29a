import assert from "node:assert/strict";
import { test } from "node:test";
import { webHttp } from "../../src/fallback/http-platform.ts";

test("a secret name has 26 letters and digits, and is another one each time", () => {
  const names = Array.from({ length: 100 }, () => webHttp.secretName());
  for (const name of names) assert.match(name, /^[\da-v]{26}$/);
  assert.equal(new Set(names).size, 100);
});

test("U: a character that comes in two pieces is put together, and what is no UTF-8 is a fault", () => {
  const bytes = new TextEncoder().encode("通");
  const decoder = webHttp.newDecoder();
  assert.equal(decoder.decode(bytes.slice(0, 2), { stream: true }) + decoder.decode(bytes.slice(2), { stream: true }), "通");
  assert.throws(() => webHttp.newDecoder().decode(new Uint8Array([0xff]), { stream: false }));
});

test("the clock's timers run, and can be cleared", async () => {
  webHttp.clock.clearTimeout(webHttp.clock.setTimeout(() => assert.fail("it was cleared"), 0));
  await new Promise<void>((resolve) => webHttp.clock.setTimeout(resolve, 1));
  assert.ok(webHttp.clock.now() > 1_600_000_000_000);
});
