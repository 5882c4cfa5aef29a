import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { revocationBody, ticketBody } from "../../src/api/access-schemas.ts";

const fault = (schema: v.GenericSchema, value: unknown): string | undefined =>
  v.safeParse(schema, value, { abortEarly: true }).issues?.[0]?.message;

test("a ticket lasts 30 s unless something else is said, and a revocation a day", () => {
  assert.deepEqual(v.parse(ticketBody, { user: "阿达" }), { user: "阿达", ttlMs: 30_000 });
  assert.deepEqual(v.parse(revocationBody, { token: "t" }), { token: "t", forMs: 86_400_000 });
});

test("what cannot be is refused with what would be right", () => {
  assert.match(fault(ticketBody, { user: "a", origin: "https://chat.example/x" }) ?? "", /must be an origin/);
  assert.match(fault(ticketBody, { user: "a", ttlMs: 600_001 }) ?? "", /from 1000 to 600000/);
  assert.match(fault(ticketBody, { user: "a", rooms: { a: ["admin"] } }) ?? "", /one of join, publish, presence, history, \*/);
  assert.equal(fault(revocationBody, {}), "give exactly one of user, session and token");
  assert.equal(fault(revocationBody, { user: "a", session: "s" }), "give exactly one of user, session and token");
});
