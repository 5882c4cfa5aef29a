import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { BareRequest, canMakeRequests, clientOf, handshakeFields } from "../../src/fast-driver/bare-request.ts";
import type { BareSocket } from "../../src/fast-driver/bare-socket.ts";
import { splitHead } from "../../src/fast-driver/request-head.ts";
import { tcpPair } from "../fixtures/tcp-pair.ts";

/** A bare socket that counts how often its net.Socket is asked for. */
function bareSocket(): { bare: BareSocket; made: () => number } {
  let made = 0;
  const socket = new Socket();
  const bare = {
    remoteAddress: "192.0.2.7",
    get socket() {
      made += 1;
      return socket;
    },
  };
  return { bare: bare as unknown as BareSocket, made: () => made };
}

const fields = splitHead("GET / HTTP/1.1\r\nHost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade")?.fields;
assert.ok(fields);
const head = { target: "/chat?room=1", rawHeaders: ["Host", "example.org", "X-A", "1", "x-a", "2", "Cookie", "a=b"], fields };

test("this Node takes a request's fields the way it is done here", () => {
  assert.equal(canMakeRequests(), true);
});

test("a request of the acceptor is an IncomingMessage with its line and its fields, repeats joined as node:http joins them", () => {
  const request = new BareRequest(bareSocket().bare, head);
  assert.ok(request instanceof IncomingMessage);
  assert.deepEqual([request.method, request.url, request.httpVersion, request.complete], ["GET", "/chat?room=1", "1.1", true]);
  assert.deepEqual({ ...request.headers }, { host: "example.org", "x-a": "1, 2", cookie: "a=b" });
  assert.deepEqual(request.rawHeaders, head.rawHeaders);
});

test("its socket is made when somebody asks for it, and not before", () => {
  const { bare, made } = bareSocket();
  const request = new BareRequest(bare, head);
  assert.equal(request.headers.host, "example.org");
  assert.equal(clientOf(request, true).socket.remoteAddress, "192.0.2.7");
  assert.equal(made(), 0);
  assert.ok(request.socket instanceof Socket);
  assert.equal(made(), 1);
});

test("what a handshake looks at needs no table of all fields", () => {
  const request = new BareRequest(bareSocket().bare, head);
  Object.defineProperty(request, "headers", { get: () => assert.fail("built"), configurable: true });
  assert.equal(handshakeFields(request)["host"], "example.org");
  assert.equal(clientOf(request, false).headers["host"], "example.org");
  const whole = new BareRequest(bareSocket().bare, head);
  assert.equal(clientOf(whole, true).headers["cookie"], "a=b");
});

test("an ordinary request tells by its socket who the client is; net need not keep what is asked", async (t) => {
  const { near } = await tcpPair(t);
  const client = clientOf(new IncomingMessage(near), true);
  assert.equal(client.socket.remoteAddress, "127.0.0.1");
  assert.equal(Reflect.get(near, "_peername"), undefined);
  assert.equal(near.remoteAddress, "127.0.0.1");
});

test("an address that somebody has put on the socket counts, as libraries for the PROXY protocol do", async (t) => {
  const { near } = await tcpPair(t);
  Object.defineProperty(near, "remoteAddress", { value: "192.0.2.9" });
  assert.equal(clientOf(new IncomingMessage(near), true).socket.remoteAddress, "192.0.2.9");
});

test("a socket that is not connected is its own answer", () => {
  const request = new IncomingMessage(new Socket());
  const client = clientOf(request, true);
  assert.deepEqual([client.headers, client.socket === request.socket], [request.headers, true]);
  assert.equal(handshakeFields(request), request.headers);
  assert.deepEqual(handshakeFields({}), {});
});
