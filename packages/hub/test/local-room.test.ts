import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalRoom, LocalSubscription } from "../src/local-room.ts";
import { Ear } from "../src/testing/ear.ts";

const start = { epoch: "e", offset: 0, tag: "0" };
const numbered = (offset: number) => ({
  position: { epoch: "e", offset, tag: `t${offset}` },
  previous: null,
  content: `${offset}`,
  bytes: 1,
  time: 1,
});

function join(room: LocalRoom, ear: Ear, top = start): LocalSubscription {
  return new LocalSubscription(room, ear, top, () => ear.events.push("closed"));
}

test("a subscriber that publishes while it is told does not turn the order around for the next one", () => {
  const room = new LocalRoom();
  const [first, second] = [new Ear(), new Ear()];
  first.message = (message) => {
    Ear.prototype.message.call(first, message);
    if (message.position.offset === 1) room.deliver(numbered(2));
  };
  for (const ear of [first, second]) join(room, ear);
  room.deliver(numbered(1));
  assert.deepEqual(
    [first.contents, second.contents],
    [
      ["1", "2"],
      ["1", "2"],
    ],
  );
});

test("what the top of a subscription covers is not told as news; a new epoch is", () => {
  const room = new LocalRoom();
  const ear = new Ear();
  join(room, ear, { epoch: "e", offset: 2, tag: "t2" });
  for (const offset of [1, 2, 3]) room.deliver(numbered(offset));
  room.deliver({ ...numbered(1), position: { epoch: "f", offset: 1, tag: "f1" } });
  assert.deepEqual(ear.contents, ["3", "1"]);
});

test("members are those of the others: listed to who comes, told to who is there, and gone with their subscription, once", () => {
  const room = new LocalRoom();
  const [first, second] = [new Ear(), new Ear()];
  const one = join(room, first);
  one.enter({ session: "a", since: 1 });
  const two = join(room, second);
  assert.deepEqual(two.members, [{ session: "a", since: 1 }]);
  two.enter({ session: "b", since: 2 });
  one.exit("b");
  one.close();
  one.close();
  assert.deepEqual(first.events, ["entered b", "closed"]);
  assert.deepEqual(second.events, ["exited a"]);
});

test("a closed subscription hears nothing more, the others do", () => {
  const room = new LocalRoom();
  const [first, second] = [new Ear(), new Ear()];
  join(room, first).close();
  join(room, second);
  room.deliver(numbered(1));
  room.tellInsufficient();
  room.signal({ content: "s", time: 1, session: "x" });
  assert.deepEqual([first.contents, first.events], [[], ["closed"]]);
  assert.deepEqual([second.contents, second.events], [["1"], ["insufficient", "signal s x"]]);
});
