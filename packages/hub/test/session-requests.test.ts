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

test("what was sent to a user is observed after it was done, with how many it reached", async () => {
  const seen: unknown[] = [];
  const { connected, clock } = testHub({ observe: (activity) => activity.type === "send" && seen.push(activity) });
  const [ada] = [connected("Ada"), connected("Bo")];
  await ada.expect("sent", { type: "send", user: "Bo", data: { hi: 1 } });
  await ada.expect("sent", { type: "send", user: "nobody", data: 2 });
  const actor = { session: "s1", user: "Ada", time: clock.now() };
  assert.deepEqual(seen, [
    { type: "send", ...actor, to: "Bo", data: { hi: 1 }, delivered: 1 },
    { type: "send", ...actor, to: "nobody", data: 2, delivered: 0 },
  ]);
});
