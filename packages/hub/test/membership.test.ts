import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { Membership } from "../src/membership.ts";
import { Session } from "../src/session.ts";
import { settingsOf } from "../src/settings.ts";
import { type OutgoingMessage, outgoing } from "../src/transport.ts";
import { at } from "./support/messages.ts";
import { countingIds } from "./support/test-hub.ts";

function listening() {
  const settings = settingsOf({ clock: new FakeClock(), ids: countingIds() });
  const session = new Session({ settings, user: undefined, subject: undefined, leave: () => {}, onEnd: () => {} });
  const heard: string[] = [];
  const membership = new Membership(session, { session: session.id, since: 0 });
  return { membership, heard, receiver: { deliver: (message: OutgoingMessage) => void heard.push(message.text) } };
}

test("contract 2: a live message that the replay had is not delivered again; the next one is", () => {
  const { membership, heard, receiver } = listening();
  membership.goLive(receiver, at(5));
  for (const offset of [4, 5, 6, 7]) membership.deliverStored(outgoing(String(offset)), at(offset));
  assert.deepEqual(heard, ["6", "7"]);
});

test("a new epoch is not held against the replay of the old one", () => {
  const { membership, heard, receiver } = listening();
  membership.goLive(receiver, at(5));
  membership.deliverStored(outgoing("1"), at(1, "t1", "f"));
  assert.deepEqual(heard, ["1"]);
});

test("without a receiver messages pass by; a join on its way is forgotten with the connection", () => {
  const { membership, heard, receiver } = listening();
  membership.goLive(receiver, undefined);
  membership.pause();
  membership.deliver(outgoing("a"));
  membership.expectReturn();
  assert.deepEqual([membership.isLive, membership.isReturning], [false, true]);
  membership.detach();
  assert.deepEqual([membership.isReturning, heard], [false, []]);
});
