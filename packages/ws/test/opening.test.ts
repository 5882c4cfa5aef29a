import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { test } from "node:test";
import { PROFILES } from "@openline/protocol";
import { duplexPair, settle } from "@openline/testkit";
import { accept, verdictOf } from "../src/opening.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { http2Connect, openStream } from "./fixtures/http2-client.ts";
import { listen } from "./fixtures/pair.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";

test("a request made by hand may leave out version and target (RFC 6455 §4.2.1)", () => {
  const fields = { host: "a", upgrade: "websocket", connection: "Upgrade", "sec-websocket-key": key, "sec-websocket-version": "13" };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as programs do
  const request = { method: "GET", headers: fields } as unknown as IncomingMessage;
  assert.equal(verdictOf(request, PROFILES.ws, false).ok, true);
});

test("over HTTP/1.1 the answer is 101, and who is shown its lines may change them (RFC 6455 §4.2.2)", async () => {
  const [near] = duplexPair();
  const shown: string[][] = [];
  accept(near, { key, subprotocol: "chat", extensions: [] }, undefined);
  accept(near, { key, subprotocol: undefined, extensions: [] }, (lines) => {
    shown.push([...lines]);
    lines.push("X: y");
  });
  await settle();
  const [plain = "", announced = ""] = near.written.map(String);
  assert.match(plain, /^HTTP\/1\.1 101 Switching Protocols\r\n[^]*Sec-WebSocket-Protocol: chat\r\n\r\n$/);
  assert.match(announced, /\r\nX: y\r\n\r\n$/);
  assert.equal(shown[0]?.[0], "HTTP/1.1 101 Switching Protocols");
});

test("over HTTP/2 it is 200, without a key, and its lines may be changed too (RFC 8441 §5)", async (t) => {
  const { server, port } = await listen(t, { http2: true });
  server.on("headers", (lines) => {
    assert.deepEqual(lines, ["HTTP/2 200", "sec-websocket-protocol: chat"]);
    lines.push("Set-Cookie: a=1; Path=/", "X-Colon: a:b");
  });
  const session = await http2Connect(t, port);
  const { headers } = await openStream(session, { "sec-websocket-protocol": "chat, other" });
  assert.equal(headers[":status"], 200);
  assert.deepEqual(headers["set-cookie"], ["a=1; Path=/"]);
  assert.equal(headers["x-colon"], "a:b");
  assert.equal(headers["sec-websocket-accept"], undefined);
  assert.ok(server instanceof WebSocketServer);
});
