import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type ClientMessage, defaultLimits, encode, parseClientMessage } from "../src/index.ts";
import { dataValue, nameText, opaqueText, refNumber, wildMessage } from "./arbitraries.ts";

const types = ["connect", "refresh", "join", "leave", "publish", "update", "members", "ping", "pong"];

const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record(
    {
      type: fc.constant("connect" as const),
      ref: refNumber,
      version: fc.nat(),
      session: fc.record({ id: opaqueText, resume: opaqueText }),
      user: nameText,
      token: fc.string({ maxLength: 100, unit: "binary" }),
      heartbeat: fc.record({ intervalMs: fc.nat(), hiddenIntervalMs: fc.nat() }, { requiredKeys: [] }),
    },
    { requiredKeys: ["type", "ref", "version"] },
  ),
  fc.record(
    {
      type: fc.constant("join" as const),
      ref: refNumber,
      room: nameText,
      position: opaqueText,
      rewind: fc.nat(1000),
      presence: fc.boolean(),
      data: fc.integer(),
    },
    { requiredKeys: ["type", "ref", "room"] },
  ),
  fc.record(
    {
      type: fc.constant("publish" as const),
      ref: refNumber,
      room: nameText,
      data: dataValue,
      id: opaqueText.map((id) => id.slice(0, 64)),
      ephemeral: fc.boolean(),
    },
    { requiredKeys: ["type", "ref", "room", "data"] },
  ),
  fc.record(
    { type: fc.constant("leave" as const), ref: refNumber, room: nameText, token: fc.string({ maxLength: 100 }) },
    { requiredKeys: ["type", "ref", "room"] },
  ),
  fc.record({ type: fc.constant("refresh" as const), ref: refNumber, token: fc.string({ maxLength: 100 }) }),
  fc.record(
    { type: fc.constant("members" as const), ref: refNumber, room: nameText, after: opaqueText, limit: fc.integer({ min: 1, max: 1000 }) },
    { requiredKeys: ["type", "ref", "room"] },
  ),
  fc.record(
    { type: fc.constant("update" as const), ref: refNumber, room: nameText, data: fc.integer() },
    { requiredKeys: ["type", "ref", "room"] },
  ),
  fc.record({ type: fc.constantFrom("ping" as const, "pong" as const), ref: refNumber }, { requiredKeys: ["type"] }),
);

test("what is encoded is parsed to the same message, for every valid message of a client", () => {
  fc.assert(
    fc.property(clientMessage, (message) => {
      const parsed = parseClientMessage(encode(message));
      assert.deepEqual(parsed, { ok: true, message: JSON.parse(encode(message)) as unknown });
      assert.equal(parsed.ok && encode(parsed.message).length, encode(message).length);
    }),
    { numRuns: 500 },
  );
});

test("no text makes the parser throw, and what it takes can be encoded again", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json(), wildMessage(types)), (text) => {
      const parsed = parseClientMessage(text);
      if (parsed.ok) assert.deepEqual(parseClientMessage(encode(parsed.message)), parsed);
      else assert.ok(parsed.error.message.length < 300, parsed.error.message);
    }),
    { numRuns: 1000 },
  );
});

const join = '"type":"join","ref":1';
const publish = '"type":"publish","ref":1,"room":"a"';
const faults: [string, string, string, number?][] = [
  ["", "bad-json", 'the message is not JSON: ""'],
  ["{", "bad-json", 'the message is not JSON: "{"'],
  ["null", "bad-message", "the message must be an object, got null"],
  ["[]", "bad-message", "the message must be an object, got an array"],
  ['{"ref":4}', "bad-message", "type must be a string, got nothing", 4],
  ['{"type":7,"ref":4}', "bad-message", "type must be a string, got 7", 4],
  ['{"type":"constructor","ref":4}', "unknown-type", 'type "constructor" is not known here', 4],
  ['{"type":"joined","ref":4}', "unknown-type", 'type "joined" is not known here', 4],
  ['{"type":"join","room":"a"}', "bad-message", "ref must be an integer from 0 to 9007199254740991, got nothing"],
  ['{"type":"join","ref":-1,"room":"a"}', "bad-message", "ref must be an integer from 0 to 9007199254740991, got -1"],
  [
    '{"type":"join","ref":9007199254740993,"room":"a"}',
    "bad-message",
    "ref must be an integer from 0 to 9007199254740991, got 9007199254740992",
  ],
  [`{${join}}`, "bad-message", "room must be a string, got nothing", 1],
  [`{${join},"room":""}`, "bad-name", "room is empty, a name has 1 or more bytes", 1],
  [`{${join},"room":"a\\ud800"}`, "bad-name", 'room "a\\ud800" has a lone surrogate', 1],
  [`{${join},"room":"a","rewind":1001}`, "bad-message", "rewind must be an integer from 0 to 1000, got 1001", 1],
  [`{${join},"room":"a","rewind":1.5}`, "bad-message", "rewind must be an integer from 0 to 1000, got 1.5", 1],
  [`{${join},"room":"a","presence":1}`, "bad-message", "presence must be true or false, got 1", 1],
  [`{${join},"room":"a","position":"a b"}`, "bad-message", 'position must be 1 to 128 visible ASCII characters, got "a b"', 1],
  [`{${join},"room":"a","data":"${"x".repeat(1023)}"}`, "bad-message", "data of a member must be at most 1024 bytes as JSON", 1],
  [
    `{"type":"update","ref":1,"room":"a","data":"${"x".repeat(1023)}"}`,
    "bad-message",
    "data of a member must be at most 1024 bytes as JSON",
    1,
  ],
  ['{"type":"members","ref":1,"room":"a","limit":0}', "bad-message", "limit must be an integer from 1 to 1000, got 0", 1],
  ['{"type":"members","ref":1,"room":"a","limit":1001}', "bad-message", "limit must be an integer from 0 to 1000, got 1001", 1],
  ['{"type":"members","ref":1,"room":"a","after":""}', "bad-message", 'after must be 1 to 128 visible ASCII characters, got ""', 1],
  [`{${publish}}`, "bad-message", "data must be a JSON value, got nothing", 1],
  [
    `{${publish},"data":1,"id":"${"x".repeat(65)}"}`,
    "bad-message",
    `id must be 1 to 64 visible ASCII characters, got "${"x".repeat(40)}…"`,
    1,
  ],
  [`{${publish},"data":1,"ephemeral":null}`, "bad-message", "ephemeral must be true or false, got null", 1],
  [`{${publish},"data":[1e999]}`, "bad-message", "data has a number beyond the range of a double", 1],
  [`{${publish},"data":${"[".repeat(129)}${"]".repeat(129)}}`, "bad-message", "data nests deeper than the limit of 128", 1],
  [
    '{"type":"connect","ref":1,"version":1,"heartbeat":{"intervalMs":-1}}',
    "bad-message",
    "heartbeat.intervalMs must be an integer from 0 to 9007199254740991, got -1",
    1,
  ],
  ['{"type":"connect","ref":1,"version":1,"session":"s"}', "bad-message", 'session must be an object, got "s"', 1],
  ['{"type":"connect","ref":1,"version":1,"session":{"id":"s"}}', "bad-message", "session.resume must be a string, got nothing", 1],
  [
    `{"type":"connect","ref":1,"version":1,"token":"${"é".repeat(4097)}"}`,
    "bad-message",
    "token must be a string of at most 8192 bytes",
    1,
  ],
];

test("a fault names the field, the value shortened, and the limit; its ref is told where it can be read (hub-v1, Errors)", () => {
  for (const [text, code, message, ref] of faults) {
    assert.deepEqual(parseClientMessage(text), { ok: false, error: { code, message, ...(ref !== undefined && { ref }) } }, text);
  }
});

test("data may nest 128 deep, and no deeper than can be encoded again (hub-v1, Data)", () => {
  const text = `{${publish},"data":${"[".repeat(128)}${"]".repeat(128)}}`;
  assert.ok(parseClientMessage(text).ok);
  const abyss = `{${publish},"data":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
  assert.ok(!parseClientMessage(abyss).ok);
});

test("a message larger than messageBytes is refused before it is read (hub-v1, Size)", () => {
  const parsed = parseClientMessage(" ".repeat(65_537));
  assert.ok(!parsed.ok && parsed.error.message.includes("65536"));
  assert.ok(!parseClientMessage("é".repeat(40_000)).ok);
});

test("a server's own limits hold instead of the default ones", () => {
  const limits = { ...defaultLimits, nameBytes: 4 };
  assert.ok(!parseClientMessage(`{${join},"room":"12345"}`, limits).ok);
  assert.ok(parseClientMessage(`{${join},"room":"1234"}`, limits).ok);
});

test("unknown fields are dropped, of a field given twice the last counts, and no key reaches a prototype (hub-v1, Types)", () => {
  const parsed = parseClientMessage(
    `{${publish},"room":"b","extra":1,"__proto__":{"id":"x"},"data":{"__proto__":{"polluted":1},"constructor":2}}`,
  );
  assert.ok(parsed.ok && parsed.message.type === "publish");
  assert.deepEqual(Object.keys(parsed.message), ["type", "ref", "room", "data"]);
  assert.equal(parsed.message.room, "b");
  assert.equal(Object.getPrototypeOf(parsed.message), Object.prototype);
  assert.equal(parsed.message.id, undefined);
  assert.equal(JSON.stringify(parsed.message.data), '{"__proto__":{"polluted":1},"constructor":2}');
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

test("O: any message may carry a token, and a token that cannot be is refused without being shown (hub-v1, Tokens)", () => {
  const cases: [object, string | undefined][] = [
    [{ type: "leave", ref: 1, room: "a", token: "t-secret" }, undefined],
    [{ type: "publish", ref: 1, room: "a", data: 1, token: "" }, undefined],
    [{ type: "ping", token: "t-secret" }, undefined],
    [{ type: "refresh", ref: 1 }, "token must be a string of at most 8192 bytes"],
    [{ type: "join", ref: 1, room: "a", token: { secret: 1 } }, "token must be a string of at most 8192 bytes"],
    [{ type: "join", ref: 1, room: "a", token: "secret".repeat(2000) }, "token must be a string of at most 8192 bytes"],
  ];
  for (const [message, fault] of cases) {
    const parsed = parseClientMessage(JSON.stringify(message));
    assert.equal(parsed.ok ? undefined : parsed.error.message, fault);
    if (parsed.ok) assert.deepEqual(parsed.message, message);
  }
});
