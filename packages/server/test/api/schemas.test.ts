import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { disconnectBody, historyQuery, room, roomsQuery } from "../../src/api/schemas.ts";

const faultOf = (schema: v.GenericSchema, value: unknown): string | undefined =>
  v.safeParse(schema, value, { abortEarly: true }).issues?.[0]?.message;

test("U: names of rooms are checked as the wire format does, in any script", () => {
  for (const name of ["lobby", "你好 👋🏽", "e\u0301", "你".repeat(85)]) assert.equal(faultOf(room, name), undefined);
  for (const name of ["", " a", "a\u0000", "$system", "你".repeat(86), "\ud800"]) assert.match(faultOf(room, name) ?? "", /room name/);
});

test("a limit is a whole number in its range; without one it is the default", () => {
  assert.deepEqual(v.parse(historyQuery, {}), { limit: 50 });
  assert.deepEqual(v.parse(historyQuery, { limit: "1000", after: "e.1.t" }), { limit: 1000, after: "e.1.t" });
  for (const limit of ["0", "1001", "1.5", "x", "-1", ""]) assert.match(faultOf(historyQuery, { limit }) ?? "", /1 to 1000, not/);
  assert.deepEqual(v.parse(roomsQuery, {}), { limit: 1000 });
});

test("before and after exclude each other", () =>
  assert.match(faultOf(historyQuery, { before: "a", after: "b" }) ?? "", /exclude each other/));

test("a disconnect names a user or a session, not both, with a reason that fits a close frame (RFC 6455 §5.5)", () => {
  assert.equal(faultOf(disconnectBody, { user: "Ada", reason: "x".repeat(123) }), undefined);
  assert.match(faultOf(disconnectBody, { user: "Ada", reason: "你".repeat(42) }) ?? "", /123 bytes/);
  assert.match(faultOf(disconnectBody, {}) ?? "", /either user or session/);
  assert.match(faultOf(disconnectBody, { user: "Ada", session: "s1" }) ?? "", /either user or session/);
});
