import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { defaultLimits, encode, parseServerMessage, type ServerMessage } from "../src/index.ts";
import { dataValue, nameText, opaqueText, refNumber, wildMessage } from "./arbitraries.ts";

const member = fc.record(
  { session: opaqueText, user: nameText, data: dataValue, since: fc.nat(), away: fc.nat() },
  { requiredKeys: ["session", "since"] },
);

const departed = fc.record({ session: opaqueText, user: nameText }, { requiredKeys: ["session"] });

const storedMessage = fc.record(
  {
    position: opaqueText,
    data: dataValue,
    time: fc.nat(),
    previous: fc.option(opaqueText),
    id: opaqueText,
    user: nameText,
    session: opaqueText,
  },
  { requiredKeys: ["position", "data", "time"] },
);

function record(
  type: ServerMessage["type"],
  required: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
) {
  const model: Record<string, fc.Arbitrary<unknown>> = { type: fc.constant(type), ...required, ...optional };
  return fc.record(model, { requiredKeys: ["type", ...Object.keys(required)] });
}

const serverMessage = fc.oneof(
  record(
    "connected",
    {
      ref: refNumber,
      version: fc.nat(),
      session: fc.record({ id: opaqueText, resume: opaqueText }),
      resumed: fc.boolean(),
      heartbeat: fc.record(
        { intervalMs: fc.nat(), timeoutMs: fc.nat(), hiddenIntervalMs: fc.nat() },
        { requiredKeys: ["intervalMs", "timeoutMs"] },
      ),
      sessionTtlMs: fc.nat(),
      limits: fc.constant({ ...defaultLimits }),
      node: fc.string(),
      time: fc.nat(),
    },
    { user: nameText, expiresInMs: fc.nat() },
  ),
  record("refreshed", { ref: refNumber }, { expiresInMs: fc.nat() }),
  record(
    "joined",
    { room: nameText, position: opaqueText, replay: fc.nat(), memberCount: fc.nat() },
    { ref: refNumber, recovered: fc.boolean(), members: fc.array(member), next: opaqueText },
  ),
  record("left", { room: nameText }, { ref: refNumber, code: fc.string(), message: fc.string() }),
  record("published", { ref: refNumber, room: nameText }, { position: opaqueText, duplicate: fc.boolean() }),
  record("members", { ref: refNumber, room: nameText, members: fc.array(member), memberCount: fc.nat() }, { next: opaqueText }),
  record("updated", { ref: refNumber, room: nameText }),
  record(
    "message",
    { room: nameText, position: opaqueText, data: dataValue, time: fc.nat() },
    { previous: fc.option(opaqueText), id: opaqueText, user: nameText, session: opaqueText },
  ),
  record("ephemeral", { room: nameText, data: dataValue, time: fc.nat() }, { user: nameText, session: opaqueText }),
  record(
    "presence",
    { room: nameText, memberCount: fc.nat() },
    { joined: fc.array(member), left: fc.array(departed), changed: fc.array(member) },
  ),
  record("insufficient", { room: nameText, position: opaqueText }),
  record("history", { ref: refNumber, room: nameText, messages: fc.array(storedMessage), complete: fc.boolean() }),
  record("sent", { ref: refNumber, delivered: fc.nat() }),
  record("direct", { data: dataValue, time: fc.nat() }, { user: nameText, session: opaqueText }),
  record("response", { ref: refNumber, data: dataValue }),
  record("gap", { room: nameText, count: fc.nat(), position: opaqueText }),
  record("error", { code: fc.string(), message: fc.string() }, { ref: refNumber, retryAfterMs: fc.nat() }),
  record("ping", {}, { ref: refNumber }),
  record("pong", {}, { ref: refNumber }),
);

test("what is encoded is parsed to the same message, for every valid message of a server", () => {
  fc.assert(
    fc.property(serverMessage, (message) => {
      const text = JSON.stringify(message);
      const parsed = parseServerMessage(text);
      assert.deepEqual(parsed, { ok: true, message: JSON.parse(text) });
      assert.ok(parsed.ok && encode(parsed.message).length === text.length);
    }),
    { numRuns: 500 },
  );
});

test("no text makes the parser throw, and what it takes can be encoded again", () => {
  const types = ["connected", "joined", "left", "published", "members", "message", "ephemeral", "presence", "insufficient", "error"];
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json(), wildMessage(types)), (text) => {
      const parsed = parseServerMessage(text);
      if (parsed.ok) assert.deepEqual(parseServerMessage(encode(parsed.message)), parsed);
    }),
    { numRuns: 1000 },
  );
});

const faults: [string, string][] = [
  [
    '{"type":"joined","ref":1,"room":"a","position":"p","memberCount":1}',
    "replay must be an integer from 0 to 9007199254740991, got nothing",
  ],
  [
    '{"type":"joined","ref":1,"room":"a","position":"p","replay":0,"memberCount":1,"members":[{"since":1}]}',
    "members[0].session must be a string, got nothing",
  ],
  ['{"type":"message","room":"a","position":"p","previous":7,"data":1,"time":1}', "previous must be a string, got 7"],
  ['{"type":"message","room":"a","position":"p","time":1}', "data must be a JSON value, got nothing"],
  ['{"type":"presence","room":"a","joined":{},"memberCount":1}', "joined must be an array, got an object"],
  ['{"type":"presence","room":"a","left":[{"user":"Bo"}],"memberCount":1}', "left[0].session must be a string, got nothing"],
  ['{"type":"presence","room":"a","changed":[]}', "memberCount must be an integer from 0 to 9007199254740991, got nothing"],
];

test("a fault of a server's message names the field and the value", () => {
  for (const [text, message] of faults) {
    const parsed = parseServerMessage(text);
    assert.equal(parsed.ok ? undefined : parsed.error.message, message);
  }
});

test("a server's message may be larger than what a client may send (hub-v1, Size)", () => {
  const text = JSON.stringify({ type: "message", room: "a", position: "p", data: "x".repeat(100_000), time: 1 });
  assert.ok(parseServerMessage(text).ok);
});

test("an error with a code that this version does not know is still an error (hub-v1, Types)", () => {
  assert.deepEqual(parseServerMessage('{"type":"error","code":"brand-new","message":"m"}'), {
    ok: true,
    message: { type: "error", code: "brand-new", message: "m" },
  });
});
