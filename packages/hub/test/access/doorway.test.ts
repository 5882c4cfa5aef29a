import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import type { Authentication } from "../../src/access/identity.ts";
import { testHub } from "../support/test-hub.ts";

const ada: Authentication = { ok: true, identity: { subject: "ada", issuedAt: 0 } };

test("while a token is read, messages wait up to the limit, heartbeats too; a second connect is refused at once", async () => {
  let answer: (authentication: Authentication) => void = () => undefined;
  const authenticate = (): Promise<Authentication> => new Promise((resolve) => (answer = resolve));
  const { client } = testHub({ access: { authenticate }, pendingBytes: 100 });
  const one = client();
  one.say({ type: "connect", ref: 1, version: 1, token: "t" });
  one.say({ type: "ping", ref: 2 });
  one.say({ type: "publish", ref: 3, room: "a", data: "fits" });
  one.say({ type: "publish", ref: 4, room: "a", data: "does not fit" });
  one.say({ type: "connect", ref: 5, version: 1, token: "t" });
  await settle();
  assert.deepEqual(
    one.all("error").map(({ ref, code }) => [ref, code]),
    [
      [4, "rate-limited"],
      [5, "already-connected"],
    ],
  );
  answer(ada);
  await settle();
  assert.deepEqual(
    one.heard.slice(2).map(({ type }) => type),
    ["connected", "pong", "published"],
  );
});

test("what waits when the connection ends is let go of, and its user is counted no longer", async () => {
  const { client, hub } = testHub({ access: { authenticate: async () => (await settle(), ada), connectionsPerUser: 1 } });
  const gone = client();
  gone.say({ type: "connect", ref: 1, version: 1, token: "t" });
  gone.say({ type: "publish", ref: 2, room: "a", data: 1 });
  gone.connection.closed(1006, false);
  for (let turn = 0; turn < 3; turn++) await settle();
  assert.deepEqual([gone.heard, (await hub.rooms()).length], [[], 0]);
  for (let count = 0; count < 2; count++) {
    const next = client();
    await next.expect("connected", { type: "connect", version: 1, token: "t" });
    next.connection.closed(1000, true);
  }
});

test("a connect of another version closes with 4401 before its token is read (hub-v1, Errors)", () => {
  let read = 0;
  const { client } = testHub({ access: { authenticate: async () => (read++, ada) } });
  const one = client();
  one.say({ type: "connect", ref: 1, version: 2, token: "t" });
  assert.deepEqual([one.closedWith?.code, read], [4401, 0]);
});
