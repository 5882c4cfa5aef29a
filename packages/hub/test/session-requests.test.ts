import assert from "node:assert/strict";
import { test } from "node:test";
import { testHub } from "./support/test-hub.ts";

const wrong: [Record<string, unknown>, string][] = [
  [{ type: "send", user: "", data: 1 }, "bad-name"],
  [{ type: "send", user: "Bo" }, "bad-message"],
  [{ type: "request", name: " x", data: 1 }, "bad-name"],
  [{ type: "request", name: "x" }, "bad-message"],
];

test("a send or a request without a name or data is refused (hub-v1, From the client)", async () => {
  const ada = testHub().connected("Ada");
  for (const [message, code] of wrong)
    assert.equal((await ada.expect("error", message as { type: "send" })).code, code, JSON.stringify(message));
});
