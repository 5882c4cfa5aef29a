import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionOf, testHub } from "./support/test-hub.ts";

test("resume proves that a session is one's own; its user stays (hub-v1, Sessions and presence)", () => {
  const { connected, client, hub } = testHub();
  const first = connected("Ada");
  first.connection.closed(1006, false);
  const again = client().connect({ session: sessionOf(first), user: "Eve" });
  assert.deepEqual([again.resumed, again.session, again.user], [true, sessionOf(first), "Ada"]);
  assert.equal(hub.sessionCount, 1);
});

test("a resume that proves nothing begins a new session (hub-v1, Sessions and presence)", () => {
  const { connected, client } = testHub();
  const owner = sessionOf(connected());
  for (const session of [
    { id: owner.id, resume: "guess" },
    { id: "nobody", resume: owner.resume },
    { id: owner.id, resume: `${owner.resume}x` },
  ]) {
    const connected = client().connect({ session });
    assert.equal(connected.resumed, false);
    assert.notEqual(connected.session.id, owner.id);
  }
});

test("a session belongs to its subject: another authenticated user cannot take it over", () => {
  const { client } = testHub();
  const first = client({ subject: "ada" });
  const { session } = first.connect();
  assert.equal(client({ subject: "eve" }).connect({ session }).resumed, false);
  assert.equal(client().connect({ session }).resumed, false);
  assert.equal(client({ subject: "ada" }).connect({ session }).resumed, true);
});

test("taking a session over closes the older transport with 4405, and its end harms nothing (hub-v1, Sessions and presence)", async () => {
  const { connected, hub, clock } = testHub();
  const older = connected();
  await older.join("a");
  const newer = connected(undefined, sessionOf(older));
  assert.equal(older.closedWith?.code, 4405);
  older.connection.closed(4405, true);
  await newer.join("a");
  clock.advance(100_000);
  await hub.publish("a", { data: 1 });
  assert.deepEqual([older.data, newer.data], [[], [1]]);
});
