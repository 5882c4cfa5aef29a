import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import { Login } from "../../src/access/login.ts";

function login(): { login: Login; clock: FakeClock; ended: () => number } {
  const clock = new FakeClock();
  let count = 0;
  return { clock, login: new Login(clock, () => count++), ended: () => count };
}

test("a login ends at its time, once; another one before that takes its place (R15)", () => {
  const { login: one, clock, ended } = login();
  one.set({ issuedAt: 0, expiresAt: clock.now() + 1000 }, "first");
  assert.ok(one.isProvedBy("first") && !one.isProvedBy("second"));
  clock.advance(999);
  one.set({ issuedAt: 0, expiresAt: clock.now() + 1000 }, "second");
  assert.ok(one.isProvedBy("second"));
  clock.advance(999);
  assert.deepEqual([ended(), one.isExpired, one.expiresInMs], [0, false, 1]);
  clock.advance(1);
  assert.deepEqual([ended(), one.isExpired, clock.pending], [1, true, 0]);
});

test("a login without an end, or that is closed, has no timer", () => {
  const { login: one, clock, ended } = login();
  one.set({ issuedAt: 0, expiresAt: clock.now() + 10 }, undefined);
  one.set({ issuedAt: 0 }, undefined);
  assert.deepEqual([clock.pending, one.expiresInMs, one.isExpired], [0, undefined, false]);
  one.set({ issuedAt: 0, expiresAt: clock.now() + 10 }, undefined);
  one.close();
  clock.advance(10);
  assert.equal(ended(), 0);
});

test("a login that lasts longer than a timer can is watched on", () => {
  const { login: one, clock, ended } = login();
  const thirtyDaysMs = 30 * 24 * 3600 * 1000;
  one.set({ issuedAt: 0, expiresAt: clock.now() + thirtyDaysMs }, undefined);
  clock.advance(thirtyDaysMs - 1);
  assert.equal(ended(), 0);
  clock.advance(1);
  assert.equal(ended(), 1);
});
