import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionFault, shownUrl } from "../../src/connect/connection-fault.ts";

const withCode = (code: string): Error => Object.assign(new Error("the system's words"), { code });

for (const [code, text] of [
  ["ECONNREFUSED", /nobody listens/],
  ["ENOTFOUND", /not known/],
  ["EPROTO", /ws instead of wss/],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", /--ca FILE.*--insecure/],
  ["CERT_HAS_EXPIRED", /expired/],
] as const) {
  test(`${code} says what to do, and the system's words`, () => {
    assert.match(connectionFault(withCode(code)), text);
    assert.match(connectionFault(withCode(code)), /\(the system's words\)$/);
  });
}

test("of several attempts the first one counts; what is not known is passed on", () => {
  assert.match(connectionFault(new AggregateError([withCode("ECONNREFUSED"), withCode("ENOTFOUND")])), /nobody listens/);
  assert.equal(connectionFault(new Error("Opening handshake has timed out")), "Opening handshake has timed out");
});

test("R13: an address is shown without user and password", () => {
  assert.equal(shownUrl("wss://ada:secret@example.org/a?b=c@d"), "wss://example.org/a?b=c@d");
  assert.equal(shownUrl("ws://localhost:1/@x"), "ws://localhost:1/@x");
});

test("a bound that was reached is named, with the flag that moves it", () => {
  const bounds = { handshakeTimeout: 500, maxPayload: 1000 };
  assert.match(connectionFault(new Error("Opening handshake has timed out"), bounds), /500 ms: --timeout/);
  assert.match(connectionFault(new RangeError("Max payload size exceeded"), bounds), /1000 bytes: --max-message-bytes/);
  assert.equal(connectionFault(new Error("Opening handshake has timed out")), "Opening handshake has timed out");
});
