import assert from "node:assert/strict";
import test from "node:test";
import { UsageError } from "../../src/errors.ts";
import {
  asksForWebSocket,
  type ConnectRequest,
  checkConnect,
  checkConnectResponse,
  connectRequestFields,
  connectResponseFields,
  type PseudoFields,
} from "../../src/handshake/http2.ts";
import { PROFILES } from "../../src/profiles.ts";
import { platform } from "../node-platform.ts";

const PSEUDO: PseudoFields = { method: "CONNECT", protocol: "websocket", scheme: "https", path: "/chat", authority: "server.example.com" };
const FIELDS = { "sec-websocket-version": "13" };

function request(fields: Record<string, string | undefined> = {}, pseudo: PseudoFields = {}): ConnectRequest {
  return { pseudo: { ...PSEUDO, ...pseudo }, fields: { ...FIELDS, ...fields } };
}

test("the example's request is accepted and answered with chat and no key (RFC 8441 §5.1)", () => {
  const verdict = checkConnect(
    request({
      "sec-websocket-protocol": "chat, superchat",
      "sec-websocket-extensions": "permessage-deflate",
      origin: "http://www.example.com",
    }),
  );
  assert.deepEqual(verdict, {
    ok: true,
    key: "",
    version: 13,
    subprotocols: ["chat", "superchat"],
    extensions: [{ name: "permessage-deflate", params: [] }],
    origin: "http://www.example.com",
  });
  assert.deepEqual(connectResponseFields({ subprotocol: "chat" }), [["sec-websocket-protocol", "chat"]]);
});

const accepted: [string, ConnectRequest][] = [
  ["the scheme http, for ws: (RFC 8441 §5)", request({}, { scheme: "http" })],
  ["a path with a query (RFC 8441 §4)", request({}, { path: "/chat?room=1" })],
  ["a key, which nobody looks at (RFC 8441 §5)", request({ "sec-websocket-key": "no key at all" })],
  ["a Host that says the same as :authority (RFC 9113 §8.3.1)", request({ host: "server.example.com" })],
  ["an unknown extension (RFC 6455 §9.1)", request({ "sec-websocket-extensions": "x-new; a=1" })],
];
for (const [name, good] of accepted) test(`accepted: ${name}`, () => assert.equal(checkConnect(good).ok, true));

const refused: [string, ConnectRequest, code: string, status: number][] = [
  ["another method (RFC 8441 §4)", request({}, { method: "GET" }), "HANDSHAKE_METHOD", 405],
  ["another :protocol is 501 (RFC 8441 §4)", request({}, { protocol: "connect-udp" }), "HANDSHAKE_PROTOCOL", 501],
  [":protocol in other letters: it is compared exactly (RFC 8441 §4)", request({}, { protocol: "WebSocket" }), "HANDSHAKE_PROTOCOL", 501],
  ["an ordinary CONNECT (RFC 8441 §4)", request({}, { protocol: undefined }), "HANDSHAKE_PROTOCOL", 501],
  ["no :scheme (RFC 8441 §4)", request({}, { scheme: undefined }), "HANDSHAKE_PSEUDO_FIELD", 400],
  ["the scheme wss, which is no scheme of HTTP (RFC 8441 §5)", request({}, { scheme: "wss" }), "HANDSHAKE_PSEUDO_FIELD", 400],
  ["no :path (RFC 8441 §4)", request({}, { path: undefined }), "HANDSHAKE_PSEUDO_FIELD", 400],
  ["a :path that is none (RFC 8441 §4)", request({}, { path: "chat" }), "HANDSHAKE_PSEUDO_FIELD", 400],
  ["a :path with a fragment (RFC 6455 §3)", request({}, { path: "/a#b" }), "HANDSHAKE_PSEUDO_FIELD", 400],
  ["no :authority (RFC 8441 §4)", request({}, { authority: undefined }), "HANDSHAKE_PSEUDO_FIELD", 400],
  ["an empty :authority (RFC 8441 §4)", request({}, { authority: "" }), "HANDSHAKE_PSEUDO_FIELD", 400],
  ["a Host of another server (RFC 9113 §8.3.1)", request({ host: "evil.example" }), "HANDSHAKE_AUTHORITY", 400],
  ["an Upgrade field (RFC 8441 §5)", request({ upgrade: "websocket" }), "HANDSHAKE_CONNECTION_FIELD", 400],
  ["a Connection field (RFC 8441 §5)", request({ connection: "Upgrade" }), "HANDSHAKE_CONNECTION_FIELD", 400],
  ["no version (RFC 8441 §5)", request({ "sec-websocket-version": undefined }), "HANDSHAKE_VERSION", 400],
  ["another version (RFC 8441 §5)", request({ "sec-websocket-version": "12" }), "HANDSHAKE_VERSION", 400],
  ["a subprotocol twice (RFC 6455 §4.1)", request({ "sec-websocket-protocol": "a, a" }), "HANDSHAKE_SUBPROTOCOLS", 400],
  ["broken extensions (RFC 6455 §9.1)", request({ "sec-websocket-extensions": "a;;" }), "HANDSHAKE_EXTENSIONS", 400],
];
for (const [name, bad, code, status] of refused)
  test(`refused: ${name}`, () => {
    const verdict = checkConnect(bad);
    assert.ok(!verdict.ok);
    assert.deepEqual([verdict.error.code, verdict.error.status], [code, status]);
  });

test("a version that is not served is answered with those that are, and not with 426, which HTTP/2 cannot say (RFC 9113 §8.6)", () => {
  const old = request({ "sec-websocket-version": "8" });
  assert.equal(checkConnect({ ...old, profile: PROFILES.ws }).ok, true);
  const verdict = checkConnect(old);
  assert.ok(!verdict.ok);
  assert.deepEqual(verdict.error.fields, [["Sec-WebSocket-Version", "13"]]);
});

test("without extensions of its own a server does not read the field (RFC 6455 §9.1)", () => {
  assert.equal(checkConnect({ ...request({ "sec-websocket-extensions": ";" }), extensions: false }).ok, true);
});

test("a key is not needed; a good one that comes all the same is answered, for clients that wait for it (RFC 8441 §5)", () => {
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  const verdict = checkConnect(request({ "sec-websocket-key": key }));
  assert.ok(verdict.ok);
  assert.equal(verdict.key, key);
  assert.deepEqual(connectResponseFields({ key, platform }), [["sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]]);
  assert.deepEqual(connectResponseFields({ key: "", platform }), []);
});

test("only an extended CONNECT for websocket asks for one (RFC 8441 §4)", () => {
  assert.equal(asksForWebSocket(PSEUDO), true);
  for (const other of [{ method: "CONNECT" }, { method: "GET", protocol: "websocket" }, { method: "CONNECT", protocol: "connect-udp" }])
    assert.equal(asksForWebSocket(other), false);
});

test("the answer has fields in lower case, and none of HTTP/1.1's connection (RFC 8441 §5)", () => {
  const fields = connectResponseFields({
    subprotocol: "chat",
    extensions: [{ name: "x", params: [["a", "1"]] }],
    extra: [
      ["Set-Cookie", "a=b"],
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
    ],
  });
  assert.deepEqual(fields, [
    ["sec-websocket-protocol", "chat"],
    ["sec-websocket-extensions", "x; a=1"],
    ["set-cookie", "a=b"],
  ]);
  assert.throws(() => connectResponseFields({ subprotocol: "a b" }), UsageError);
  assert.throws(() => connectResponseFields({ extra: [["x", "a\r\nb"]] }), UsageError);
});

test("the example's request is what a client sends: CONNECT with the scheme https, no key, no Upgrade (RFC 8441 §5.1)", () => {
  const fields = connectRequestFields({
    isSecure: true,
    authority: "server.example.com",
    path: "/chat",
    origin: "http://www.example.com",
    subprotocols: ["chat", "superchat"],
    extensions: [{ name: "permessage-deflate", params: [] }],
    extra: [
      ["Cookie", "a=b"],
      ["Host", "other.example"],
      ["Connection", "close"],
    ],
  });
  assert.deepEqual(fields, [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    [":scheme", "https"],
    [":path", "/chat"],
    [":authority", "server.example.com"],
    ["sec-websocket-version", "13"],
    ["origin", "http://www.example.com"],
    ["sec-websocket-protocol", "chat, superchat"],
    ["sec-websocket-extensions", "permessage-deflate"],
    ["cookie", "a=b"],
  ]);
  const plain = connectRequestFields({ isSecure: false, authority: "a", path: "/" });
  assert.deepEqual(plain[2], [":scheme", "http"]);
  assert.throws(() => connectRequestFields({ isSecure: false, authority: "a", path: "/", subprotocols: ["a", "a"] }), UsageError);
});

test("any 2xx opens the tunnel; what the server chose is checked as ever (RFC 8441 §5)", () => {
  const offered = { subprotocols: ["chat"], extensions: ["x"] };
  const verdicts = [
    checkConnectResponse({ status: 200, fields: { "sec-websocket-protocol": "chat" }, ...offered }),
    checkConnectResponse({ status: 204, fields: {} }),
    checkConnectResponse({ status: 101, fields: {} }),
    checkConnectResponse({ status: 403, fields: {} }),
    checkConnectResponse({ status: 200, fields: {}, ...offered }),
    checkConnectResponse({ status: 200, fields: { "sec-websocket-extensions": "y" }, extensions: ["x"] }),
  ];
  assert.deepEqual(
    verdicts.map((verdict) => (verdict.ok ? verdict.subprotocol : verdict.error.code)),
    ["chat", "", "HANDSHAKE_STATUS", "HANDSHAKE_STATUS", "HANDSHAKE_SUBPROTOCOL_MISSING", "HANDSHAKE_RESPONSE_EXTENSIONS"],
  );
});
