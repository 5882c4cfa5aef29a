import assert from "node:assert/strict";
import { test } from "node:test";
import { banner } from "../src/banner.ts";

const terminal = { out: { write: () => true }, err: { write: () => true }, environment: {}, isInteractive: false };
const facts = {
  version: "1.2.3",
  urls: ["http://localhost:8000/wsapp/", "http://127.0.0.1:8000/wsapp/"],
  settings: { host: "localhost", anonymous: true, apiKeys: [] },
  isOpen: false,
};

test("the banner shows where it is, what to try, and how to stop it", () => {
  const text = banner(facts, terminal);
  assert.match(text, /^Openline 1\.2\.3 is listening\n/);
  for (const url of facts.urls) assert.ok(text.includes(url));
  assert.match(text, /curl --data 'Hello 你好 👋' http:\/\/localhost:8000\/wsapp\/api\/rooms\/lobby\/messages/);
  assert.match(text, /Ctrl-C/);
  assert.doesNotMatch(text, /Everyone who reaches/);
});

test("an open address with anonymous clients is said in so many words; with a key the example asks for it, and R13: the key is not shown", () => {
  assert.match(banner({ ...facts, isOpen: true }, terminal), /Everyone who reaches this port may join rooms and publish/);
  const text = banner(
    { ...facts, isOpen: true, settings: { host: "0.0.0.0", anonymous: false, apiKeys: ["key-0123456789abcdef"] } },
    terminal,
  );
  assert.match(text, /\$OPENLINE_API_KEY/);
  assert.doesNotMatch(text, /Everyone|key-0123/);
});
