import assert from "node:assert/strict";
import { test } from "node:test";
import { closeEvent, messageEvent, openEvent, readOrder } from "../../src/run/envelope.ts";

const source = { id: "c1", room: "/a", remote: "::1", target: "/a?x=1", subprotocol: "" };
const parsed = (line: Buffer): unknown => {
  assert.match(line.toString(), /^[^\n]+\n$/);
  return JSON.parse(line.toString());
};

test("a program is told who comes, speaks and goes, a line each", () => {
  assert.deepEqual(parsed(openEvent(source)), { event: "open", connection: "c1", room: "/a", remote: "::1", url: "/a?x=1" });
  assert.deepEqual(parsed(openEvent({ ...source, subprotocol: "chat" })), {
    event: "open",
    connection: "c1",
    room: "/a",
    remote: "::1",
    url: "/a?x=1",
    subprotocol: "chat",
  });
  assert.deepEqual(parsed(messageEvent(source, Buffer.from("a\nb"), false)), {
    event: "message",
    connection: "c1",
    room: "/a",
    data: "a\nb",
  });
  assert.deepEqual(parsed(messageEvent(source, Buffer.from([0, 255]), true)), {
    event: "message",
    connection: "c1",
    room: "/a",
    base64: "AP8=",
  });
  assert.deepEqual(parsed(closeEvent(source, 1001, "away")), { event: "close", connection: "c1", room: "/a", code: 1001, reason: "away" });
});

function order(value: unknown): unknown {
  const read = readOrder(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
  return read.kind === "message" ? { ...read, line: [read.line.data.toString(), read.line.isBinary] } : read;
}

test("it answers one, a room or everybody, with text, JSON or bytes, and may leave one out", () => {
  const nobody = { kind: "message", connection: undefined, room: undefined, except: undefined };
  assert.deepEqual(order({ data: "hi" }), { ...nobody, line: ["hi", false] });
  assert.deepEqual(order({ event: "message", connection: "c1", data: { a: 1 } }), {
    ...nobody,
    connection: "c1",
    line: ['{"a":1}', false],
  });
  assert.deepEqual(order({ room: "/a", except: "c2", base64: "aGk=" }), { ...nobody, room: "/a", except: "c2", line: ["hi", true] });
});

test("it closes one, with a code that may be sent (RFC 6455 §7.4)", () => {
  assert.deepEqual(order({ event: "close", connection: "c1", code: 4000, reason: "bye" }), {
    kind: "close",
    connection: "c1",
    code: 4000,
    reason: "bye",
  });
  assert.deepEqual(order({ event: "close", connection: "c1" }), { kind: "close", connection: "c1", code: 1000, reason: "" });
});

const faults: readonly [value: unknown, message: RegExp][] = [
  ["no json", /line of JSON/],
  ["[1]", /line of JSON/],
  [{}, /needs data/],
  [{ data: "x", connection: 7 }, /connection must be text, not 7/],
  [{ event: "shout", data: "x" }, /"shout"/],
  [{ event: "close" }, /needs a connection/],
  [{ event: "close", connection: "c1", code: 1006 }, /not 1006/],
  [{ event: "close", connection: "c1", code: 4000.5 }, /not 4000.5/],
  [{ event: "close", connection: "c1", reason: "x".repeat(124) }, /123 bytes/],
];
for (const [value, message] of faults) {
  test(`${JSON.stringify(value).slice(0, 60)} is no order, and the fault says why`, () => {
    const read = readOrder(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
    assert.ok(read.kind === "fault" && message.test(read.message), JSON.stringify(read));
  });
}
