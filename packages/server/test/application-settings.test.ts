import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { askSchema, asksAboutConnect, completeAsk, completeWebhook, webhookSchema } from "../src/application-settings.ts";

const url = "https://app.example/openline";

test("without an address there is no webhook and nobody is asked; a secret for them is then a mistake that is named", () => {
  assert.deepEqual([completeWebhook().url, completeAsk({}).url, asksAboutConnect(completeAsk())], [undefined, undefined, false]);
  assert.equal(asksAboutConnect(completeAsk({ url })), true);
  assert.throws(() => completeWebhook({ secret: "0123456789abcdef" }), /needs --webhook-url/);
  assert.throws(() => completeAsk({ secret: "0123456789abcdef" }), /needs --ask-url/);
});

test("with an address everything has a default: all events but each message, connect and join", () => {
  assert.deepEqual(completeWebhook({ url }), {
    url,
    secret: undefined,
    events: ["connect", "disconnect", "join", "leave", "occupied", "vacated"],
    attempts: 12,
    timeoutMs: 10_000,
    parallel: 1,
  });
  assert.deepEqual(completeAsk({ url }), { url, secret: undefined, about: ["connect", "join"], timeoutMs: 5000 });
});

for (const wrong of ["ftp://x", "https://", "https://user:hush-hush@x/", "x", "https://a b"]) {
  test(`the address ${wrong} is refused, without being shown`, () => {
    const { issues } = v.safeParse(webhookSchema, { url: wrong });
    assert.match(issues?.[0]?.message ?? "", /^must be an address/);
  });
}

test("a short secret is refused without being shown; unknown events and topics are named", () => {
  assert.equal(v.safeParse(askSchema, { secret: "hush" }).issues?.[0]?.message, "must be 16 to 256 visible ASCII characters");
  assert.match(v.safeParse(webhookSchema, { events: ["lunch"] }).issues?.[0]?.message ?? "", /vacated, publish, not "lunch"/);
  assert.match(v.safeParse(askSchema, { about: ["leave"] }).issues?.[0]?.message ?? "", /connect, join, publish, send, not "leave"/);
});
