import assert from "node:assert/strict";
import test from "node:test";
import type { OpeningRequest } from "../../src/handshake/server.ts";
import { checkRequest, renderHead, responseFields } from "../../src/handshake/server.ts";
import { PROFILES } from "../../src/profiles.ts";
import { platform } from "../node-platform.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const FIELDS = {
  host: "server.example.com",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": KEY,
  "sec-websocket-version": "13",
};

function request(fields: Record<string, string | undefined> = {}, more: Partial<OpeningRequest> = {}): OpeningRequest {
  return { method: "GET", httpVersion: "1.1", target: "/chat", fields: { ...FIELDS, ...fields }, ...more };
}

test("A: GET /chat with two subprotocols is accepted and answered with chat (RFC 6455 §1.3, §4.2.2)", () => {
  const verdict = checkRequest(request({ "sec-websocket-protocol": "chat, superchat", origin: "http://example.com" }));
  assert.deepEqual(verdict, {
    ok: true,
    key: KEY,
    version: 13,
    subprotocols: ["chat", "superchat"],
    extensions: [],
    origin: "http://example.com",
  });
  const head = renderHead(101, "Switching Protocols", responseFields({ key: KEY, platform, subprotocol: "chat" }));
  assert.equal(
    head,
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
  );
});

const accepted: [string, OpeningRequest][] = [
  ["HTTP/2.0 as a number (RFC 6455 §4.1)", request({}, { httpVersion: "2.0" })],
  ["Upgrade in any letter case, among others (RFC 6455 §4.2.1)", request({ upgrade: "h2c, WebSocket" })],
  ["Connection in any letter case, among others (RFC 6455 §4.2.1)", request({ connection: "keep-alive, UPGRADE" })],
  ["an absolute target (RFC 6455 §4.2.1)", request({}, { target: "http://server.example.com/chat?x=1" })],
  ["an empty Host (RFC 9112 §3.2)", request({ host: "" })],
  ["an unknown extension (RFC 6455 §9.1)", request({ "sec-websocket-extensions": "x-new; a=1" })],
];

for (const [name, good] of accepted) test(`accepted: ${name}`, () => assert.equal(checkRequest(good).ok, true));

const refused: [string, OpeningRequest, code: string, status: number, fields?: [string, string][]][] = [
  ["another method (RFC 6455 §4.1)", request({}, { method: "POST" }), "HANDSHAKE_METHOD", 405, [["Allow", "GET"]]],
  ["HTTP/1.0 (RFC 6455 §4.1)", request({}, { httpVersion: "1.0" }), "HANDSHAKE_HTTP_VERSION", 400],
  ["no HTTP version (RFC 6455 §4.1)", request({}, { httpVersion: "" }), "HANDSHAKE_HTTP_VERSION", 400],
  ["a target that is no path (RFC 6455 §4.2.1)", request({}, { target: "*" }), "HANDSHAKE_TARGET", 400],
  ["a target with a fragment (RFC 6455 §3)", request({}, { target: "/a#b" }), "HANDSHAKE_TARGET", 400],
  ["no Host (RFC 6455 §4.2.1)", request({ host: undefined }), "HANDSHAKE_HOST", 400],
  ["no Upgrade (RFC 6455 §4.2.1)", request({ upgrade: undefined }), "HANDSHAKE_UPGRADE", 426, [["Upgrade", "websocket"]]],
  ["another Upgrade (RFC 6455 §4.2.1)", request({ upgrade: "websockets" }), "HANDSHAKE_UPGRADE", 426, [["Upgrade", "websocket"]]],
  ["no Connection (RFC 6455 §4.2.1)", request({ connection: undefined }), "HANDSHAKE_CONNECTION", 400],
  ["a Connection without upgrade (RFC 6455 §4.2.1)", request({ connection: "keep-alive" }), "HANDSHAKE_CONNECTION", 400],
  ["no key (RFC 6455 §4.2.1)", request({ "sec-websocket-key": undefined }), "HANDSHAKE_KEY", 400],
  ["a key of 15 bytes (RFC 6455 §4.2.1)", request({ "sec-websocket-key": Buffer.alloc(15).toString("base64") }), "HANDSHAKE_KEY", 400],
  ["two keys (RFC 6455 §11.3.1)", request({ "sec-websocket-key": `${KEY}, ${KEY}` }), "HANDSHAKE_KEY", 400],
  [
    "no version (RFC 6455 §4.2.1)",
    request({ "sec-websocket-version": undefined }),
    "HANDSHAKE_VERSION",
    426,
    [["Sec-WebSocket-Version", "13"]],
  ],
  ["version 8 (RFC 6455 §4.4)", request({ "sec-websocket-version": "8" }), "HANDSHAKE_VERSION", 426, [["Sec-WebSocket-Version", "13"]]],
  [
    "version 14 without a key (RFC 6455 §4.4)",
    request({ "sec-websocket-version": "14", "sec-websocket-key": undefined }),
    "HANDSHAKE_VERSION",
    426,
    [["Sec-WebSocket-Version", "13"]],
  ],
  [
    "version 0x0d (RFC 6455 §4.4)",
    request({ "sec-websocket-version": "0x0d" }),
    "HANDSHAKE_VERSION",
    426,
    [["Sec-WebSocket-Version", "13"]],
  ],
  ["a subprotocol twice (RFC 6455 §4.1)", request({ "sec-websocket-protocol": "a, a" }), "HANDSHAKE_SUBPROTOCOLS", 400],
  ["an empty subprotocol (RFC 6455 §4.1)", request({ "sec-websocket-protocol": "" }), "HANDSHAKE_SUBPROTOCOLS", 400],
  ["extensions that break the grammar (RFC 6455 §9.1)", request({ "sec-websocket-extensions": "a;" }), "HANDSHAKE_EXTENSIONS", 400],
  [
    "ws profile: version 14",
    request({ "sec-websocket-version": "14" }, { profile: PROFILES.ws }),
    "HANDSHAKE_VERSION",
    400,
    [["Sec-WebSocket-Version", "13, 8"]],
  ],
  ["ws profile: no Upgrade", request({ upgrade: undefined }, { profile: PROFILES.ws }), "HANDSHAKE_UPGRADE", 400],
];

for (const [name, bad, code, status, fields = []] of refused) {
  test(`refused with ${status}: ${name}`, () => {
    const verdict = checkRequest(bad);
    assert.ok(!verdict.ok);
    assert.deepEqual([verdict.error.code, verdict.error.status, verdict.error.fields], [code, status, fields]);
  });
}

test("the ws profile takes version 8 with its own name for the origin", () => {
  const verdict = checkRequest(
    request({ "sec-websocket-version": "8", "sec-websocket-origin": "http://a", origin: "http://b" }, { profile: PROFILES.ws }),
  );
  assert.ok(verdict.ok);
  assert.deepEqual([verdict.version, verdict.origin], [8, "http://a"]);
});

test("without extensions of its own the server does not look at the field", () => {
  assert.equal(checkRequest(request({ "sec-websocket-extensions": "a;" }, { extensions: false })).ok, true);
});

test("the answer carries what was chosen, and nothing that would break the head apart (RFC 6455 §4.2.2)", () => {
  const extensions = [{ name: "permessage-deflate", params: [["server_no_context_takeover", true]] }] as const;
  assert.deepEqual(responseFields({ key: KEY, platform, extensions, extra: [["Set-Cookie", "a=1"]] }).slice(3), [
    ["Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover"],
    ["Set-Cookie", "a=1"],
  ]);
  assert.throws(() => responseFields({ key: KEY, platform, subprotocol: "a\r\nb" }), { code: "USAGE_SUBPROTOCOL" });
  for (const field of [
    ["X", "a\r\nB: c"],
    ["X y", "a"],
    ["", "a"],
  ] as const) {
    assert.throws(() => responseFields({ key: KEY, platform, extra: [field] }), { code: "USAGE_FIELD" });
  }
});
