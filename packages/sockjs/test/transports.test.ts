import assert from "node:assert/strict";
import { test } from "node:test";
import { receivingTransports, sendingTransports } from "../src/transports.ts";

const wrapped = (name: string, frame: string): string | undefined => receivingTransports.get(name)?.wrap(frame, "cb");

test("each transport wraps a frame in its own way (facts §6)", () => {
  assert.equal(wrapped("xhr", "o"), "o\n");
  assert.equal(wrapped("xhr_streaming", "o"), "o\n");
  assert.equal(wrapped("eventsource", "o"), "data: o\r\n\r\n");
  assert.equal(wrapped("htmlfile", 'a["x"]'), String.raw`<script>` + "\n" + String.raw`p("a[\"x\"]");` + "\n</script>\r\n");
  assert.equal(wrapped("jsonp", 'a["x"]'), String.raw`/**/cb("a[\"x\"]");` + "\r\n");
});

test("a percent sign is escaped for eventsource, whose client decodes each event (facts §6)", () => {
  assert.equal(wrapped("eventsource", 'a["100%"]'), 'data: a["100%25"]\r\n\r\n');
});

test("no message can end the script that carries it: < is escaped (facts §12)", () => {
  for (const name of ["htmlfile", "jsonp"]) {
    const text = wrapped(name, 'a["</script><script>alert(1)"]') ?? "";
    assert.ok(!text.includes("</script><script>alert"), text);
    assert.ok(text.includes(String.raw`\u003c/script>\u003cscript>alert(1)`));
  }
});

test("jsonp_send takes the field d of a form, and any other body as it is", () => {
  const json = sendingTransports.get("jsonp_send")?.json;
  assert.equal(json?.("d=%5B%22a+b%22%5D&x=1", "application/x-www-form-urlencoded; charset=utf-8"), '["a b"]');
  assert.equal(json?.("x=1", "application/x-www-form-urlencoded"), "");
  assert.equal(json?.('["%61"]', "text/plain"), '["%61"]');
});
