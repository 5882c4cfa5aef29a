import assert from "node:assert/strict";
import { test } from "node:test";
import { handshakeText } from "../../src/connect/handshake-text.ts";

const request = (key: string): string =>
  `GET /chat HTTP/1.1\r\nHost: server.example\r\nAuthorization: Basic c2VjcmV0\r\nCookie: sid=secret\r\nSec-WebSocket-Key: ${key}`;
const response = (accept: string): string =>
  `HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: sid=secret\r\nsec-websocket-accept: ${accept}`;

for (const [key, accept, digest] of [
  ["dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "b37a4f2cc0624f1690f64606cf385945b2bec4ea"],
  ["x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk=", "1d29ab734b0c9585240069a6e4e3e91b61da1969"],
] as const) {
  test(`A: how ${key} becomes ${accept} is shown step by step (RFC 6455 §4.2.2); R13: what lets somebody in is not`, () => {
    const lines = handshakeText({ request: request(key), response: response(accept) });
    assert.deepEqual(lines.slice(0, 5), [
      "> GET /chat HTTP/1.1",
      "> Host: server.example",
      "> Authorization: ***",
      "> Cookie: ***",
      `> Sec-WebSocket-Key: ${key}`,
    ]);
    assert.deepEqual(lines.slice(5, 8), ["< HTTP/1.1 101 Switching Protocols", "< Set-Cookie: ***", `< sec-websocket-accept: ${accept}`]);
    const text = lines.slice(8).join("\n");
    for (const step of [`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, digest, accept, "the same: it speaks WebSocket"])
      assert.ok(text.includes(step), step);
  });
}

test("a wrong accept value is called so; a response without one is only shown", () => {
  const wrong = handshakeText({ request: request("dGhlIHNhbXBsZSBub25jZQ=="), response: response("AAAA") });
  assert.match(wrong.at(-1) ?? "", /AAAA {2}NOT the same/);
  assert.deepEqual(handshakeText({ request: "GET / HTTP/1.1", response: "HTTP/1.1 403 Forbidden\u001b" }), [
    "> GET / HTTP/1.1",
    "< HTTP/1.1 403 Forbidden\\u001b",
  ]);
});
