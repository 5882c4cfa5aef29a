import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { RequestRefusal } from "../src/request-handlers.ts";
import { sessionOf, testHub } from "./support/test-hub.ts";

test("a request is answered by the application's handler of its name (hub-v1, Direct messages and requests)", async () => {
  const { hub, connected } = testHub();
  const ada = connected("Ada");
  const off = hub.onRequest("double", async (data, source) => ({ twice: Number(data) * 2, ...source }));
  const response = await ada.expect("response", { type: "request", name: "double", data: 21 });
  assert.deepEqual(response.data, { twice: 42, session: sessionOf(ada).id, user: "Ada" });
  assert.throws(() => hub.onRequest("double", () => 1), /"double" have a handler already/);
  off();
  assert.equal((await ada.expect("error", { type: "request", name: "double", data: 1 })).code, "no-handler");
  hub.onRequest("double", () => undefined);
  off();
  assert.equal((await ada.expect("response", { type: "request", name: "double", data: 1 })).data, null);
});

test("a refusal's text goes to the client, any other fault only to the log, and what is no JSON is a fault", async () => {
  const { hub, connected, events } = testHub();
  const ada = connected();
  hub.onRequest("refuse", () => Promise.reject(new RequestRefusal("not on Sundays")));
  hub.onRequest("break", () => {
    throw new Error("a secret of the database");
  });
  hub.onRequest("big", () => 1n);
  const codes = [];
  for (const name of ["refuse", "break", "big"]) {
    const { code, message } = await ada.expect("error", { type: "request", name, data: null });
    assert.ok(!message.includes("secret"));
    codes.push(code === "request-failed" ? message : code);
  }
  assert.deepEqual(codes, ["not on Sundays", "internal", "internal"]);
  assert.equal(events.filter(({ type }) => type === "fault").length, 2);
});

test("a handler that does not answer in its time is not waited for, and holds nothing up", async () => {
  const { hub, connected, clock } = testHub();
  const ada = connected();
  hub.onRequest("never", () => new Promise(() => {}), { timeoutMs: 500 });
  hub.onRequest("now", () => "now");
  ada.say({ type: "request", ref: 100, name: "never", data: 1 });
  assert.equal((await ada.expect("response", { type: "request", name: "now", data: 1 })).data, "now");
  await clock.advanceAsync(499);
  assert.deepEqual(ada.all("error"), []);
  await clock.advanceAsync(1);
  assert.deepEqual(
    ada.all("error").map(({ ref, code }) => [ref, code]),
    [[100, "request-timeout"]],
  );
  ada.say({ type: "request", ref: 101, name: "never", data: 1 });
  await settle();
  ada.connection.closed(1000, true);
  await clock.advanceAsync(500);
  assert.equal(clock.pending, 0);
});
