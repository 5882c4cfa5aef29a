import assert from "node:assert/strict";
import { test } from "node:test";
import { splitHead } from "../../src/fast-driver/request-head.ts";

const good =
  "GET /chat?room=1 HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nX-Empty:\r\nX-Spaces: \t a b \t ";

test("a plain upgrade request is split into target, names and values, values trimmed (RFC 9112 §5.1)", () => {
  const { fields, ...head } = splitHead(good) ?? {};
  assert.deepEqual(head, {
    target: "/chat?room=1",
    rawHeaders: ["Host", "example.org", "Upgrade", "websocket", "Connection", "keep-alive, Upgrade", "X-Empty", "", "X-Spaces", "a b"],
  });
  assert.equal(fields?.upgrade, "websocket");
});

test("what a handshake looks at is picked out, whatever the case of its name (RFC 6455 §4.2.1)", () => {
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const lines = [`SEC-WEBSOCKET-KEY: ${key}`, "sec-websocket-version: 13", "Sec-WebSocket-Protocol: a, b", "Origin: https://example.org"];
  assert.deepEqual(splitHead([good, ...lines].join("\r\n"))?.fields, {
    host: "example.org",
    origin: "https://example.org",
    upgrade: "websocket",
    connection: "keep-alive, Upgrade",
    "sec-websocket-key": key,
    "sec-websocket-version": "13",
    "sec-websocket-protocol": "a, b",
    "sec-websocket-extensions": undefined,
    "sec-websocket-origin": undefined,
  });
});

const others: [what: string, head: string][] = [
  ["another method", good.replace("GET", "POST")],
  ["another version", good.replace("1.1", "1.0")],
  ["no version", good.replace(" HTTP/1.1", "")],
  ["two spaces in the request line", good.replace("GET ", "GET  ")],
  ["a control character in the target", good.replace("/chat", "/ch\x01at")],
  ["a byte above ASCII in the target", good.replace("/chat", "/ch\xe4t")],
  ["an empty line before the request", `\r\n${good}`],
  ["no Upgrade field", good.replace("Upgrade:", "Downgrade:")],
  ["no Connection field", good.replace("Connection:", "Disconnection:")],
  ["a Connection field without upgrade", good.replace("keep-alive, Upgrade", "keep-alive, Upgrades")],
  ["a body of known length", `${good}\r\nContent-Length: 5`],
  ["a body in chunks", `${good}\r\nTransfer-Encoding: chunked`],
  ["an expectation", `${good}\r\nExpect: 100-continue`],
  ["an upgrade to HTTP/2", `${good}\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA`],
  ["a field without a colon", `${good}\r\nnonsense`],
  ["a field without a name", `${good}\r\n: value`],
  ["a space before the colon", `${good}\r\nX-Space : value`],
  ["a folded line", `${good}\r\n folded`],
  ["a lone line feed", `${good}\r\nX-A: a\nX-B: b`],
  ["a lone carriage return", `${good}\r\nX-A: a\rb`],
  ["a NUL in a value", `${good}\r\nX-A: a\0b`],
  ["a DEL in a value", `${good}\r\nX-A: a\x7fb`],
  ["a second Host", `${good}\r\nHost: example.com`],
  ["a second, empty, Upgrade", `${good}\r\nUpgrade:`],
  ["101 fields", `${good}${"\r\nX-A: a".repeat(96)}`],
];

for (const [what, head] of others) {
  test(`${what} is left to node:http`, () => {
    assert.equal(splitHead(head), undefined);
  });
}

test("bytes above ASCII in a value are kept as Latin-1, and 100 fields are split", () => {
  assert.deepEqual(splitHead(`${good}\r\nX-A: \xe4`)?.rawHeaders.slice(-2), ["X-A", "\xe4"]);
  assert.equal(splitHead(`${good}${"\r\nX-A: a".repeat(95)}`)?.rawHeaders.length, 200);
});
