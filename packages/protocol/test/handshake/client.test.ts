import assert from "node:assert/strict";
import test from "node:test";
import type { OpeningAnswer } from "../../src/handshake/client.ts";
import { checkResponse, requestFields } from "../../src/handshake/client.ts";
import { checkRequest, responseFields } from "../../src/handshake/server.ts";
import { platform } from "../node-platform.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const FIELDS = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" };

function answer(fields: Record<string, string | undefined> = {}, more: Partial<OpeningAnswer> = {}): OpeningAnswer {
  return { status: 101, fields: { ...FIELDS, ...fields }, key: KEY, platform, ...more };
}

test("the opening request has what RFC 6455 §4.1 asks for, in order", () => {
  const extensions = [{ name: "permessage-deflate", params: [["client_max_window_bits", true]] }] as const;
  assert.deepEqual(
    requestFields({ host: "a:8000", key: KEY, origin: "http://b", subprotocols: ["x", "y"], extensions, extra: [["Cookie", "c=1"]] }),
    [
      ["Host", "a:8000"],
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Key", KEY],
      ["Sec-WebSocket-Version", "13"],
      ["Origin", "http://b"],
      ["Sec-WebSocket-Protocol", "x, y"],
      ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"],
      ["Cookie", "c=1"],
    ],
  );
});

test("what does not fit a request is the caller's fault (RFC 6455 §4.1)", () => {
  assert.throws(() => requestFields({ host: "a", key: KEY, subprotocols: ["x", "x"] }), { code: "USAGE_SUBPROTOCOL" });
  assert.throws(() => requestFields({ host: "a", key: KEY, subprotocols: [""] }), { code: "USAGE_SUBPROTOCOL" });
  assert.throws(() => requestFields({ host: "a\r\nX: y", key: KEY }), { code: "USAGE_FIELD" });
  assert.throws(() => requestFields({ host: "a", key: KEY, origin: "\n" }), { code: "USAGE_FIELD" });
});

const accepted: [string, OpeningAnswer][] = [
  ["the plain answer", answer()],
  ["letter case of Upgrade and Connection", answer({ upgrade: "WebSocket", connection: "keep-alive, upgrade" })],
  ["a subprotocol that was offered", answer({ "sec-websocket-protocol": "b" }, { subprotocols: ["a", "b"] })],
  ["no subprotocol, where none is required", answer({}, { subprotocols: ["a"], requireSubprotocol: false })],
  ["an extension that was offered", answer({ "sec-websocket-extensions": "x; y=1" }, { extensions: ["x"] })],
];
for (const [name, good] of accepted) test(`accepted: ${name} (RFC 6455 §4.1)`, () => assert.equal(checkResponse(good).ok, true));

const refused: [string, OpeningAnswer, code: string][] = [
  ["another status", answer({}, { status: 200 }), "HANDSHAKE_STATUS"],
  ["no Upgrade", answer({ upgrade: undefined }), "HANDSHAKE_RESPONSE_UPGRADE"],
  ["another Upgrade", answer({ upgrade: "websocket, x" }), "HANDSHAKE_RESPONSE_UPGRADE"],
  ["no Connection", answer({ connection: undefined }), "HANDSHAKE_RESPONSE_CONNECTION"],
  ["Connection without upgrade", answer({ connection: "close" }), "HANDSHAKE_RESPONSE_CONNECTION"],
  ["no accept value", answer({ "sec-websocket-accept": undefined }), "HANDSHAKE_ACCEPT"],
  ["a wrong accept value", answer({ "sec-websocket-accept": "HSmrc0sMlYUkAGmm5OPpG2HaGWk=" }), "HANDSHAKE_ACCEPT"],
  ["a subprotocol nobody asked for", answer({ "sec-websocket-protocol": "a" }), "HANDSHAKE_SUBPROTOCOL_UNASKED"],
  ["another subprotocol", answer({ "sec-websocket-protocol": "A" }, { subprotocols: ["a"] }), "HANDSHAKE_SUBPROTOCOL_UNKNOWN"],
  ["two subprotocols", answer({ "sec-websocket-protocol": "a, b" }, { subprotocols: ["a", "b"] }), "HANDSHAKE_SUBPROTOCOL_UNKNOWN"],
  ["no subprotocol", answer({}, { subprotocols: ["a"] }), "HANDSHAKE_SUBPROTOCOL_MISSING"],
  ["extensions nobody asked for", answer({ "sec-websocket-extensions": "x" }), "HANDSHAKE_EXTENSION_UNASKED"],
  ["another extension", answer({ "sec-websocket-extensions": "y" }, { extensions: ["x"] }), "HANDSHAKE_RESPONSE_EXTENSIONS"],
  ["an extension twice", answer({ "sec-websocket-extensions": "x, x" }, { extensions: ["x"] }), "HANDSHAKE_RESPONSE_EXTENSIONS"],
  [
    "extensions that break the grammar",
    answer({ "sec-websocket-extensions": "x;" }, { extensions: ["x"] }),
    "HANDSHAKE_RESPONSE_EXTENSIONS",
  ],
];
for (const [name, bad, code] of refused) {
  test(`refused: ${name} (RFC 6455 §4.1)`, () => {
    const verdict = checkResponse(bad);
    assert.ok(!verdict.ok);
    assert.equal(verdict.error.code, code);
    assert.equal(verdict.error.status, bad.status);
  });
}

test("a required extension that was not accepted is named, for a close with 1010 (RFC 6455 §7.4.1)", () => {
  const verdict = checkResponse(answer({ "sec-websocket-extensions": "x" }, { extensions: ["x", "y"], requiredExtensions: ["x", "y"] }));
  assert.ok(verdict.ok);
  assert.deepEqual(verdict.missingExtensions, ["y"]);
  assert.deepEqual(verdict.extensions, [{ name: "x", params: [] }]);
});

test("our client's request passes our server, and its answer our client (RFC 6455 §4)", () => {
  const lower = (fields: readonly (readonly [string, string])[]): Record<string, string> =>
    Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]));
  const key = platform.randomKey();
  const extensions = [{ name: "permessage-deflate", params: [] }];
  const asked = requestFields({ host: "h", key, subprotocols: ["a", "b"], extensions });
  const verdict = checkRequest({ method: "GET", httpVersion: "1.1", target: "/", fields: lower(asked) });
  assert.ok(verdict.ok);
  const fields = lower(responseFields({ key: verdict.key, platform, subprotocol: "b", extensions: verdict.extensions }));
  const found = checkResponse({ status: 101, fields, key, platform, subprotocols: ["a", "b"], extensions: ["permessage-deflate"] });
  assert.ok(found.ok);
  assert.equal(found.subprotocol, "b");
});
