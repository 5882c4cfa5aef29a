import assert from "node:assert/strict";
import { test } from "node:test";
import { type HixieRequest, hixieHead, readHixieRequest } from "../../src/hixie/opening.ts";

const base = { upgrade: "WebSocket", connection: "Upgrade", host: "example.com:8080", origin: "http://page.example" };
const keys = { "sec-websocket-key1": "4 @1  46546xW%0l 1 5", "sec-websocket-key2": "12998 5 Y3 1  .P00" };
const request = (fields: HixieRequest["fields"], target = "/ls"): HixieRequest => ({ method: "GET", target, fields });

test("G: GET /ls without a key is hixie-75, and its answer gives origin and location back", () => {
  const opening = readHixieRequest(request(base));
  assert.ok(opening);
  assert.deepEqual([opening.draft, opening.numbers, opening.subprotocols], [75, undefined, []]);
  assert.deepEqual(hixieHead(opening, { isSecure: false }).split("\r\n"), [
    "HTTP/1.1 101 Web Socket Protocol Handshake",
    "Upgrade: WebSocket",
    "Connection: Upgrade",
    "WebSocket-Origin: http://page.example",
    "WebSocket-Location: ws://example.com:8080/ls",
    "",
    "",
  ]);
  assert.match(hixieHead(opening, { isSecure: true }), /WebSocket-Location: wss:\/\/example\.com:8080\/ls\r\n/);
});

test("two keys are hixie-76: numbers, phrase and Sec- names, and the subprotocol (hixie-76 §5.2)", () => {
  const opening = readHixieRequest(request({ ...base, ...keys, "sec-websocket-protocol": "sample" }, "/demo?x"));
  assert.ok(opening);
  assert.deepEqual([opening.draft, opening.numbers, opening.subprotocols], [76, [829_309_203, 259_970_620], ["sample"]]);
  assert.deepEqual(hixieHead(opening, { isSecure: false, subprotocol: "sample" }).split("\r\n"), [
    "HTTP/1.1 101 WebSocket Protocol Handshake",
    "Upgrade: WebSocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Origin: http://page.example",
    "Sec-WebSocket-Location: ws://example.com:8080/demo?x",
    "Sec-WebSocket-Protocol: sample",
    "",
    "",
  ]);
});

test("hixie-75 has its own name for the subprotocol, and a request without Origin is answered null (hixie-75 §4.1)", () => {
  const opening = readHixieRequest(request({ ...base, origin: undefined, "websocket-protocol": "sample" }));
  assert.ok(opening);
  assert.deepEqual(opening.subprotocols, ["sample"]);
  assert.match(
    hixieHead(opening, { isSecure: false, subprotocol: "sample" }),
    /WebSocket-Origin: null\r\n[^]*\r\nWebSocket-Protocol: sample\r\n/,
  );
});

const others: readonly [string, HixieRequest][] = [
  ["of RFC 6455", request({ ...base, "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13" })],
  ["with a version alone", request({ ...base, "sec-websocket-version": "13" })],
  ["with one key of two", request({ ...base, "sec-websocket-key1": "1 " })],
  ["with a key twice", request({ ...base, ...keys, "sec-websocket-key1": ["1 ", "1 "] })],
  ["with keys that hide nothing", request({ ...base, "sec-websocket-key1": "12", "sec-websocket-key2": "1 " })],
  ["with two subprotocols", request({ ...base, ...keys, "sec-websocket-protocol": "a, b" })],
  ["without Host", request({ ...base, host: undefined })],
  ["without Upgrade", request({ ...base, upgrade: undefined })],
  ["for another protocol", request({ ...base, upgrade: "h2c" })],
  ["without Connection", request({ ...base, connection: "close" })],
  ["by POST", { ...request(base), method: "POST" }],
  ["for no path", request(base, "http://example.com/")],
  ["with a line break in the target", request(base, "/a\r\nX: y")],
];

for (const [name, given] of others) {
  test(`a request ${name} is none of the drafts`, () => assert.equal(readHixieRequest(given), undefined));
}
