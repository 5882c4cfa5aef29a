import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as check, property, string } from "fast-check";
import { checkChoice, hashOfRoom, type Memory, recall, remember, roomOfHash } from "../../console/choice.ts";

function memory(): Memory {
  const items = new Map<string, string>();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
}

test("a room survives its way through a link, whatever its characters", () => {
  check(property(string({ unit: "grapheme", minLength: 1 }), (room) => assert.equal(roomOfHash(hashOfRoom(room)), room)));
});

test("a hash that names no room, or is broken, names none", () => {
  for (const hash of ["", "#", "#lobby", "#room=%E4%BD", "#rooms=a"]) assert.equal(roomOfHash(hash), undefined, hash);
});

test("the link's room goes before what was remembered; without a link the tab's, then the browser's, then lobby", () => {
  const [tab, browser] = [memory(), memory()];
  assert.deepEqual(recall("", tab, browser), { name: "", room: "lobby", enter: false });
  remember({ name: "Ada", room: "a" }, memory(), browser);
  assert.deepEqual(recall("", tab, browser), { name: "Ada", room: "a", enter: false });
  remember({ name: "Bo", room: "b" }, tab, memory());
  assert.deepEqual(recall("", tab, browser), { name: "Bo", room: "b", enter: false });
  assert.equal(recall("#room=c", tab, browser).room, "c");
});

test("only a tab that was inside enters by itself; a second tab asks who it is", () => {
  const [tab, browser] = [memory(), memory()];
  remember({ name: "Ada", room: "lobby" }, tab, browser);
  assert.equal(recall("#room=lobby", tab, browser).enter, true);
  assert.equal(recall("#room=lobby", memory(), browser).enter, false);
  assert.equal(recall("#room=%24system", tab, browser).enter, false);
});

test("names are held to the wire format's rules, and the fault names the value and the limit (hub-v1, Names)", () => {
  assert.deepEqual(checkChoice({ name: "Ada", room: "lobby" }), {});
  assert.match(checkChoice({ name: "", room: "lobby" }).name ?? "", /^Say who you are/);
  assert.match(checkChoice({ name: "Ada", room: "" }).room ?? "", /needs a name/);
  assert.match(checkChoice({ name: "Ada", room: "$sys" }).room ?? "", /belong to the system/);
  assert.match(checkChoice({ name: "语".repeat(86), room: "lobby" }).name ?? "", /258 bytes, the limit is 255\.$/);
  assert.match(checkChoice({ name: "Ada", room: "a\u0007b" }).room ?? "", /control character/);
});
