import assert from "node:assert/strict";
import { test } from "node:test";
import { outgoing } from "@openline/hub";
import { OncePerMessage } from "../src/once-per-message.ts";

test("contract 9: receivers behind several doors by turns: each door's form is made once for a message", () => {
  const made: string[] = [];
  const [one, other] = ["one", "other"].map((name) => new OncePerMessage((text) => ({ name: made.push(`${name} ${text}`) })));
  const [first, second] = [outgoing("first"), outgoing("second")];
  for (let receiver = 0; receiver < 3; receiver++) for (const door of [one, other]) assert.equal(door?.of(first), door?.of(first));
  one?.of(second);
  assert.deepEqual(made, ["one first", "other first", "one second"]);
  const known = new OncePerMessage((text, room: string) => ({ name: `${text} in ${room}` }));
  assert.deepEqual([known.of(first, "a"), known.of(first, "a")], [{ name: "first in a" }, { name: "first in a" }]);
  assert.equal(first.frame, undefined, "the message's own place stays WebSocket's");
});
