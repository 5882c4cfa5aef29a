import assert from "node:assert/strict";
import test from "node:test";
import { isSendableCloseCode } from "../src/close-codes.ts";
import { ClosedError, ERROR_TABLE, HandshakeError, PROTOCOL_ERRORS, ProtocolError, UsageError } from "../src/errors.ts";

test("every fault of the peer has a close code that may be sent, a section and a text (RFC 6455 §7.4)", () => {
  for (const [code, entry] of Object.entries(PROTOCOL_ERRORS)) {
    assert.ok(isSendableCloseCode(entry.closeCode), code);
    assert.match(entry.section, /^RFC \d+ §/, code);
  }
  for (const [code, entry] of Object.entries(ERROR_TABLE)) assert.ok(entry.text !== "" && entry.section !== "", code);
});

test("codes and texts are those of ws 8 where it has them", () => {
  const texts: [ProtocolError, string, number][] = [
    [new ProtocolError("WS_ERR_EXPECTED_FIN"), "Invalid WebSocket frame: FIN must be set", 1002],
    [new ProtocolError("WS_ERR_INVALID_OPCODE", { value: 3 }), "Invalid WebSocket frame: invalid opcode 3", 1002],
    [new ProtocolError("WS_ERR_INVALID_CLOSE_CODE", { value: 1004 }), "Invalid WebSocket frame: invalid status code 1004", 1002],
    [new ProtocolError("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"), "Max payload size exceeded", 1009],
    [new ProtocolError("WS_ERR_TOO_MANY_BUFFERED_PARTS"), "Too many message fragments", 1008],
    [new ProtocolError("WS_ERR_INVALID_UTF8"), "Invalid WebSocket frame: invalid UTF-8 sequence", 1007],
  ];
  for (const [error, text, closeCode] of texts)
    assert.deepEqual([error.message, error.closeCode, error.name], [text, closeCode, "ProtocolError"]);
});

test("an error carries its code, its section, its status, and the value it names", () => {
  const usage = new UsageError("USAGE_CLOSE_REASON", { value: 124, limit: 123 });
  assert.deepEqual(
    [usage.code, usage.message, usage.name],
    ["USAGE_CLOSE_REASON", "The close reason takes 124 bytes of UTF-8, 123 are allowed", "UsageError"],
  );
  const handshake = new HandshakeError("HANDSHAKE_VERSION", { fields: [["Sec-WebSocket-Version", "13"]] });
  assert.deepEqual([handshake.status, handshake.fields], [426, [["Sec-WebSocket-Version", "13"]]]);
  assert.equal(new HandshakeError("HANDSHAKE_STATUS", { status: 503, value: 503 }).message, "Unexpected server response: 503");
  assert.equal(
    new ClosedError("CLOSED_HEARTBEAT", { value: 10 }).message,
    "Nothing was heard from the peer within 10 ms of a heartbeat ping",
  );
});
