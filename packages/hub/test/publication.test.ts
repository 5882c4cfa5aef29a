import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { publicationOf } from "../src/publication.ts";
import { settingsOf } from "../src/settings.ts";
import { countingIds } from "./support/test-hub.ts";

const settings = settingsOf({ clock: new FakeClock(5), ids: countingIds() });
const author = ',"user":"Ada"';

test("a publication is encoded once, with the bytes and the time that retention counts by", () => {
  const publication = publicationOf(settings, { room: "a", data: { text: "你" }, author, scope: "x" });
  const content = '"data":{"text":"你"},"user":"Ada"';
  assert.deepEqual(publication, { content, bytes: Buffer.byteLength(content), time: 5, retention: settings.rules.base.history });
});

test("contract 3: an id is scoped by who publishes, so that one cannot spoil another's", () => {
  const key = (id: string, scope: string): string | undefined =>
    publicationOf(settings, { room: "a", data: 1, id, author, scope }).idempotency?.key;
  assert.notEqual(key("i", "session:a"), key("i", "session:b"));
  assert.notEqual(key("i", "subject:a"), key("i", "session:a"));
  assert.equal(key("i", "session:a"), key("i", "session:a"));
  assert.equal(publicationOf(settings, { room: "a", data: 1, id: "i", author, scope: "x" }).idempotency?.windowMs, 300_000);
});
