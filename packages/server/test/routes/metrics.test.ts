import assert from "node:assert/strict";
import { test } from "node:test";
import { startApp } from "../http-fixture.ts";

const full = "full-key-0123456789";
const scoped = "scoped-key-01234567";
const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

test("without keys the metrics are for this machine, in the text format of Prometheus", async (t) => {
  const { ask } = await startApp(t);
  const { status, headers, text } = await ask("/metrics");
  assert.deepEqual([status, text], [200, "openline_ready 1\n"]);
  assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
  assert.equal(headers["cache-control"], "no-store");
});

test("without keys nobody reads them through a proxy, whatever the proxy says", async (t) => {
  const { ask } = await startApp(t);
  for (const headers of [{ "x-forwarded-for": "127.0.0.1" }, { forwarded: "for=127.0.0.1" }]) {
    const { status, body } = await ask("/metrics", { headers });
    assert.deepEqual([status, body?.["code"]], [403, "forbidden"]);
  }
});

test("where there are keys, one for metrics is asked for, on this machine too", async (t) => {
  const { ask } = await startApp(t, { keys: [full, `metrics:${scoped}`, "publish:other-key-0123456789"] });
  assert.equal((await ask("/metrics")).status, 401);
  assert.equal((await ask("/metrics", bearer("other-key-0123456789"))).status, 403);
  assert.equal((await ask("/metrics", bearer(full))).status, 200);
  assert.equal((await ask("/metrics", { headers: { ...bearer(scoped).headers, "x-forwarded-for": "10.0.0.1" } })).status, 200);
  assert.equal((await ask("/api/rooms", bearer(scoped))).status, 403);
});
