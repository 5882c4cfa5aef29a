import assert from "node:assert/strict";
import { test } from "node:test";
import { wantsReading } from "../../src/reading/reading-route.ts";

test("a stream is asked for by Accept, a long poll by wait; anything else is a page of history for the application", () => {
  const asks: [string, string, string | undefined, boolean][] = [
    ["GET", "/api/rooms/a/messages", "text/event-stream", true],
    ["GET", "/api/rooms/a/messages", "text/event-stream;q=1, */*", true],
    ["GET", "/api/rooms/a/messages?after=e.1.t&wait=30", "*/*", true],
    ["GET", "/api/rooms/a/messages?wait=0", undefined, true],
    ["GET", "/api/rooms/a/messages?await=1", undefined, false],
    ["GET", "/api/rooms/a/messages?after=e.1.t", "application/json", false],
    ["POST", "/api/rooms/a/messages?wait=1", "text/event-stream", false],
  ];
  for (const [method, url, accept, wants] of asks)
    assert.equal(wantsReading({ method, url, headers: accept === undefined ? {} : { accept } }), wants, `${method} ${url} ${accept}`);
});
