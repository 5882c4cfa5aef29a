import assert from "node:assert/strict";
import { test } from "node:test";
import { curlLine } from "../../console/developer-panel.ts";

test("the curl line names the room under the page's own path, and a room's name cannot end the shell's quotes", () => {
  assert.ok(
    curlLine("http://localhost:8000/wsapp/#room=x", "lobby").startsWith(
      "curl -X POST 'http://localhost:8000/wsapp/api/rooms/lobby/messages' ",
    ),
  );
  const line = curlLine("http://localhost:8000/", "it's; rm -rf / 你");
  assert.ok(line.includes("/api/rooms/it%27s%3B%20rm%20-rf%20%2F%20%E4%BD%A0/messages'"), line);
  assert.equal(line.split("'").length - 1, 6);
});
