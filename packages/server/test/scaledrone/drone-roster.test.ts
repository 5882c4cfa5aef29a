import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutgoingMessage } from "@openline/hub";
import type { Member } from "@openline/wire";
import { DroneRoster } from "../../src/scaledrone/drone-roster.ts";

const member = (session: string): Member => ({ session, since: 1, data: { clientData: session } });
const news = { type: "presence", room: "c:observable-a", memberCount: 1 } as const;
const message = (): OutgoingMessage => ({ text: "", bytes: 0 });
const sessions = (told: ReturnType<DroneRoster["told"]>): string[] => told.map(({ session }) => session);

test("what a message of the hub tells is framed once for all clients in the room (contract 9)", () => {
  const roster = new DroneRoster();
  for (let client = 0; client < 3; client++) roster.enter("observable-a", [member("s1")]);
  const left = message();
  const first = roster.told("observable-a", { ...news, left: [{ session: "s1" }] }, left);
  assert.deepEqual(sessions(first), ["s1"]);
  assert.equal(roster.told("observable-a", { ...news, left: [{ session: "s1" }] }, left), first);
});

test("a client that lags is told what the others were told, and whoever left is not brought back by a later list", () => {
  const roster = new DroneRoster();
  roster.enter("observable-a", []);
  const [joined, left] = [message(), message()];
  const coming = { ...news, joined: [member("s1")] };
  const going = { ...news, left: [{ session: "s1" }] };
  roster.told("observable-a", coming, joined);
  assert.deepEqual(sessions(roster.told("observable-a", going, left)), ["s1"]);
  roster.enter("observable-a", [member("s1")]);
  assert.deepEqual(sessions(roster.told("observable-a", coming, joined)), ["s1"]);
  assert.deepEqual(sessions(roster.told("observable-a", going, left)), ["s1"]);
  assert.deepEqual(sessions(roster.told("observable-a", going, message())), [], "nobody is left to leave");
});

test("nothing is kept of a room that no client is in any more", () => {
  const roster = new DroneRoster();
  for (const name of ["observable-a", "observable-a", "observable-b"]) roster.enter(name, [member("s1")]);
  for (const name of ["observable-a", "observable-b"]) roster.leave(name);
  assert.equal(roster.size, 1);
  roster.leave("observable-a");
  roster.leave("observable-a");
  assert.equal(roster.size, 0);
});
