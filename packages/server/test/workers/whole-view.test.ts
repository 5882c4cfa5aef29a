import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeRooms, mergeUsers } from "../../src/workers/whole-view.ts";

test("the users of several workers are one list by name, each with all its sessions", () => {
  const lists = [
    [
      { user: "Bo", sessions: 1 },
      { user: "Ada", sessions: 2 },
    ],
    [],
    [
      { user: "Ada", sessions: 3 },
      { user: "Zoë", sessions: 1 },
    ],
  ];
  assert.deepEqual(mergeUsers(lists), [
    { user: "Ada", sessions: 5 },
    { user: "Bo", sessions: 1 },
    { user: "Zoë", sessions: 1 },
  ]);
});

test("a room is listed once, with the members that those see who follow it", () => {
  const lists = [
    [{ room: "b", members: 0, messages: 3, position: "e.3.t" }],
    [
      { room: "b", members: 7, messages: 3, position: "e.3.t" },
      { room: "a", members: 1, messages: 0, position: "f.0.0" },
    ],
  ];
  assert.deepEqual(mergeRooms(lists), [
    { room: "a", members: 1, messages: 0, position: "f.0.0" },
    { room: "b", members: 7, messages: 3, position: "e.3.t" },
  ]);
});
