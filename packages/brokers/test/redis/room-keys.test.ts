import assert from "node:assert/strict";
import { test } from "node:test";
import { metaPattern, RoomKeys, roomOfMeta } from "../../src/redis/room-keys.ts";

const namesOf = (keys: RoomKeys): string[] => [keys.meta, keys.stream, keys.members, keys.nodes, keys.channel, keys.id("k")];
const hashTag = (key: string): string | undefined => /\{([^}]+)\}/.exec(key)?.[1];

for (const room of ["50%5", "%123", "lobby", "a{b}c", "100%", "{}", "ünï:💬 x"]) {
  test(`all names of a room share one hash tag, and the room is found again in its meta key: ${room}`, () => {
    const keys = new RoomKeys("openline", room);
    assert.equal(new Set(namesOf(keys).map(hashTag)).size, 1);
    assert.notEqual(hashTag(keys.meta), undefined);
    assert.equal(roomOfMeta("openline", keys.meta), room);
  });
}

test("no two names are alike, whether of one room, of two rooms, or of two prefixes", () => {
  const all = ["a", "b"].flatMap((prefix) => ["x", "y", "x}", "{x", "%123x", "%7B"].flatMap((room) => namesOf(new RoomKeys(prefix, room))));
  assert.equal(new Set(all).size, all.length);
});

test("the pattern for all rooms fits the meta keys of its prefix only", () => {
  const [before = "", after = ""] = metaPattern("shop").split("*");
  const fits = (key: string): boolean => key.startsWith(before) && key.endsWith(after);
  const { meta, stream } = new RoomKeys("shop", "a");
  assert.deepEqual([meta, stream, new RoomKeys("shop2", "a").meta].map(fits), [true, false, false]);
});
