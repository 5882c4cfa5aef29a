import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { settle } from "@openline/testkit";
import { type HandshakeCheck, type HandshakeInfo, type HandshakeVerdict, runHandshakeChecks } from "../src/handshake-checks.ts";

function infoOf(): HandshakeInfo {
  const request = new IncomingMessage(new Socket());
  return { request, origin: undefined, remoteAddress: "127.0.0.1", secure: false, subprotocols: [], context: {} };
}

async function ask(checks: readonly HandshakeCheck[], info = infoOf()): Promise<{ verdict: HandshakeVerdict; errors: unknown[] }> {
  const errors: unknown[] = [];
  const verdict = await new Promise<HandshakeVerdict>((resolve) => {
    runHandshakeChecks(checks, info, resolve, (error) => errors.push(error));
  });
  return { verdict, errors };
}

test("checks are asked in order, slow ones too; each sees what the one before has put into the context", async () => {
  const info = infoOf();
  const log: string[] = [];
  const note =
    (name: string): HandshakeCheck =>
    ({ context }) => {
      log.push(`${name} sees ${Object.keys(context).join()}`);
      context[name] = true;
      return undefined;
    };
  const slow =
    (name: string): HandshakeCheck =>
    async (given) => {
      await settle();
      return note(name)(given);
    };
  assert.equal((await ask([note("a"), slow("b"), slow("c"), note("d")], info)).verdict, undefined);
  assert.deepEqual(log, ["a sees ", "b sees a", "c sees a,b", "d sees a,b,c"]);
});

test("without a slow check the answer comes at once", () => {
  let isDone = false;
  runHandshakeChecks(
    [() => undefined, () => undefined],
    infoOf(),
    () => {
      isDone = true;
    },
    assert.ifError,
  );
  assert.ok(isDone);
});

test("the first refusal stands, and later checks are not asked", async () => {
  const never: HandshakeCheck = () => assert.fail("asked");
  assert.deepEqual((await ask([() => ({ status: 401, body: "who?" }), never])).verdict, { status: 401, body: "who?" });
  assert.deepEqual((await ask([async () => ({ status: 403 }), never])).verdict, { status: 403 });
});

test("a check that throws or is rejected refuses with 500, and the error is reported", async () => {
  const error = new Error("database");
  const throwing: HandshakeCheck = () => {
    throw error;
  };
  assert.deepEqual(await ask([throwing]), { verdict: { status: 500 }, errors: [error] });
  assert.deepEqual(await ask([() => Promise.reject(error)]), { verdict: { status: 500 }, errors: [error] });
});
