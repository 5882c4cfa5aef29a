import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { TestClient } from "./support/test-hub.ts";
import { testHub } from "./support/test-hub.ts";

const told = (clients: readonly TestClient[]): number => clients.reduce((sum, client) => sum + client.all("presence").length, 0);

test("R20: 200 members in and out within two seconds make less than 2,000 messages instead of 80,400, and everyone knows who is there", async () => {
  const { connected, clock } = testHub();
  const clients = Array.from({ length: 200 }, () => connected());
  for (const client of clients) {
    await client.join("a", { presence: true });
    clock.advance(5);
  }
  clock.advance(1_000);
  const inside = told(clients);
  for (const client of clients) assert.equal(known(client).size, 200);
  for (const client of clients.toReversed()) {
    await client.expect("left", { type: "leave", room: "a" });
    clock.advance(5);
  }
  assert.ok(told(clients) < 2_000, `${inside} messages in, ${told(clients) - inside} out`);
  assert.equal(clock.pending, 0);
});

test("R20: the same 200 told one by one make the 80,400 that the field complains of, less those to the members themselves", async () => {
  const { connected } = testHub({ presenceBatchMs: 0 });
  const clients = Array.from({ length: 200 }, () => connected());
  for (const client of clients) await client.join("a", { presence: true });
  for (const client of clients.toReversed()) await client.expect("left", { type: "leave", room: "a" });
  assert.equal(told(clients), 2 * ((200 * 199) / 2));
});

test("R20: a member whose line flaps for less than 5 s is told to nobody, however often", async () => {
  const { connected, clock } = testHub();
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await ada.join("a", { presence: true });
  await bo.join("a");
  let line = bo;
  for (let round = 0; round < 20; round++) {
    line.connection.closed(1006, false);
    clock.advance(4_900);
    line = connected("Bo", line.all("connected")[0]?.session);
    await line.join("a");
    clock.advance(100);
  }
  await settle();
  assert.deepEqual(ada.presence, ["joined Bo"]);
});

test("a list shows the one who asks as it is now while the others are not told of it, and the presence that tells them says the same (hub-v1, Sessions and presence)", async () => {
  const { connected, clock } = testHub({ presenceAtOnce: 0 });
  const [ada, bo] = [connected("Ada"), connected("Bo")];
  await ada.join("a", { presence: true });
  const { members = [] } = await bo.join("a", { presence: true });
  await bo.expect("updated", { type: "update", room: "a", data: { mood: "calm" } });
  const [self, ...others] = members;
  const updated = { ...self, data: { mood: "calm" } };
  const page = await bo.expect("members", { type: "members", room: "a" });
  assert.deepEqual([self?.user, page.members, page.memberCount], ["Bo", [updated, ...others], 2]);
  assert.deepEqual((await ada.expect("members", { type: "members", room: "a" })).members, others);
  clock.advance(1_000);
  assert.deepEqual(
    [ada, bo].map((client) => client.all("presence").at(-1)?.joined),
    [[updated], [updated]],
  );
  await bo.expect("updated", { type: "update", room: "a", data: { mood: "glad" } });
  const later = await bo.expect("members", { type: "members", room: "a" });
  assert.deepEqual(later.members, [...others, updated], "whom all were told of is listed as it was told");
});

/** Whom a client believes to be there, by all that it was told. */
function known(client: TestClient): Set<string> {
  const sessions = new Set(client.all("joined").flatMap(({ members = [] }) => members.map(({ session }) => session)));
  for (const { joined = [], left = [] } of client.all("presence")) {
    for (const { session } of joined) sessions.add(session);
    for (const { session } of left) sessions.delete(session);
  }
  return sessions;
}
