import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "@openline/testkit";
import type { AccessOptions, AuthorizationRequest, Identity } from "../../src/access/identity.ts";
import { Permissions } from "../../src/access/permissions.ts";

const ada: Identity = { subject: "ada", issuedAt: 0 };
const granted: Identity = { ...ada, rooms: { "a:*": ["join"] } };
const application: Identity = { issuedAt: 0, isApplication: true };

function permissions(options: AccessOptions = {}): Permissions {
  return new Permissions(options, new FakeClock());
}

const rooms = { "c:*": ["join"] } as const;
const cases: [what: string, options: AccessOptions, identity: Identity | undefined, room: string, allowed: boolean][] = [
  ["without any source everything is granted", {}, ada, "x", true],
  ["without any source, to nobody too", {}, undefined, "x", true],
  ["the token grants", {}, granted, "a:1", true],
  ["with a token that grants something, the rest is denied", {}, granted, "x", false],
  ["the rules grant", { rooms }, ada, "c:1", true],
  ["the rules grant beside the token", { rooms }, granted, "c:1", true],
  ["with rules, the rest is denied", { rooms }, ada, "x", false],
  ["with rules, the rest is denied to nobody too", { rooms }, undefined, "x", false],
  ["with rules that grant nothing, everything is denied", { rooms: {} }, ada, "x", false],
  ["the application may do everything", { rooms: {}, authorize: () => false }, application, "x", true],
];
for (const [what, options, identity, room, allowed] of cases) {
  test(`N: ${what} (hub-v1, Tokens)`, () => {
    assert.equal(permissions(options).allows({ identity, session: "s" }, "join", room), allowed);
  });
}

test("authorize is asked last, for what neither token nor rules grant, and only true grants", async () => {
  const asked: AuthorizationRequest[] = [];
  const answers: Record<string, unknown> = { yes: true, no: false, forgot: undefined, odd: 1, later: Promise.resolve(true) };
  const subject = permissions({
    rooms,
    authorize: (request) => {
      asked.push(request);
      return answers[request.room] as boolean;
    },
  });
  const may = async (room: string): Promise<boolean> => await subject.allows({ identity: granted, session: "s" }, "join", room);
  assert.deepEqual([await may("a:1"), await may("c:1"), asked.length], [true, true, 0]);
  for (const [room, allowed] of Object.entries({ yes: true, no: false, forgot: false, odd: false, later: true }))
    assert.equal(await may(room), allowed, room);
  assert.deepEqual(asked[0], { action: "join", room: "yes", subject: "ada", session: "s" });
});

test("equal questions at the same time are asked once, others and later ones anew; nobody's are not another nobody's (R6)", async () => {
  let open: (() => void)[] = [];
  let count = 0;
  const subject = permissions({
    authorize: () => {
      count++;
      return new Promise((resolve) => open.push(() => resolve(true)));
    },
  });
  const ask = (identity: Identity | undefined, session: string, room: string) =>
    Promise.resolve(subject.allows({ identity, session }, "join", room));
  const same = Array.from({ length: 1000 }, (_, at) => ask({ ...ada }, `s${at}`, "a"));
  const others = [ask(ada, "s", "b"), ask({ subject: "bob", issuedAt: 0 }, "s", "a"), ask(undefined, "s1", "a"), ask(undefined, "s2", "a")];
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(count, 5);
  for (const answer of open) answer();
  assert.ok((await Promise.all([...same, ...others])).every(Boolean));
  open = [];
  const later = ask(ada, "s", "a");
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(count, 6);
  open[0]?.();
  assert.equal(await later, true);
});

test("an authorize function that throws, rejects or is silent denies by a rejection, and the next question is asked anew", async () => {
  const clock = new FakeClock();
  let turn = 0;
  const answers = [
    () => {
      throw new Error("broken");
    },
    () => Promise.reject(new Error("also broken")),
    () => new Promise<boolean>(() => undefined),
    () => true,
  ];
  const subject = new Permissions({ authorize: () => answers[turn++]?.() ?? false, decisionTimeoutMs: 50 }, clock);
  const may = async (): Promise<boolean> => await subject.allows({ identity: ada, session: "s" }, "publish", "a");
  await assert.rejects(may(), /^Error: broken/);
  await assert.rejects(may(), /also broken/);
  const silent = assert.rejects(may(), /authorize did not decide within 50 ms/);
  await clock.advanceAsync(50);
  await silent;
  assert.equal(await may(), true);
});
