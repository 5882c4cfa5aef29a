import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test } from "node:test";
import { HandshakeError, WebSocketServer } from "@openline/ws";
import { ApiKeys } from "../src/api-keys.ts";
import type { Authenticator } from "../src/auth/authenticator.ts";
import { Gate } from "../src/gate.ts";
import { HostPolicy } from "../src/host-policy.ts";
import { OriginPolicy } from "../src/origin-policy.ts";
import { handshakeProblem, upgradeListener } from "../src/upgrade.ts";
import { openClient, readAll, startServer } from "./server-fixture.ts";

const handshake = (port: number, fields: Record<string, string | undefined> = {}, path = "/hub", method = "GET"): string => {
  const all = {
    Host: `localhost:${port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
};

test("A: the handshake of the RFC's sample nonce is answered with its accept value (RFC 6455 §1.3)", async (t) => {
  const { port, raw } = await startServer(t);
  const socket = await raw(handshake(port));
  const [head] = await new Promise<[Buffer]>((resolve) => socket.once("data", (data: Buffer) => resolve([data])));
  assert.match(head.toString(), /^HTTP\/1\.1 101 /);
  assert.match(head.toString(), /s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
  socket.destroy();
});

test("the subprotocol openline.v1 is answered when it is offered, no other is (hub-v1, Carrier)", async (t) => {
  const { port } = await startServer(t);
  const offers: [string[], string][] = [
    [["openline.v1"], "openline.v1"],
    [["chat", "openline.v1"], "openline.v1"],
    [[], ""],
  ];
  for (const [offered, chosen] of offers) {
    const client = await openClient(`ws://localhost:${port}/hub`, offered);
    assert.equal(client.socket.protocol, chosen);
    client.socket.terminate();
  }
});

const refusals: [string, Record<string, string | undefined>, number, string][] = [
  ["a foreign Host", { Host: "evil.example" }, 421, "host-not-allowed"],
  ["a look-alike Host", { Host: "localhost.evil.example" }, 421, "host-not-allowed"],
  ["a foreign Origin", { Origin: "http://evil.example" }, 403, "origin-not-allowed"],
  ["a null Origin", { Origin: "null" }, 403, "origin-not-allowed"],
  ["the Origin of another port", { Origin: "http://localhost:1" }, 403, "origin-not-allowed"],
  ["another version", { "Sec-WebSocket-Version": "12" }, 426, "upgrade-required"],
  ["no key", { "Sec-WebSocket-Key": undefined }, 400, "bad-request"],
  ["a bad key", { "Sec-WebSocket-Key": "short" }, 400, "bad-request"],
];
for (const [what, fields, status, code] of refusals) {
  test(`R14, O: an upgrade with ${what} is refused with ${status} as a problem, before any handshake`, async (t) => {
    const { port, raw, server } = await startServer(t);
    const answer = await readAll(await raw(handshake(port, fields)));
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(answer, new RegExp(`"code":"${code}"`));
    assert.match(answer, /application\/problem\+json/);
    if (what === "another version") assert.match(answer, /sec-websocket-version: 13/i);
    assert.equal(server.hub.connectionCount, 0);
  });
}

test("O: an upgrade from a page of the server itself, or of a listed origin, is let in", async (t) => {
  const { port } = await startServer(t, { allowedOrigins: ["https://chat.example"] });
  for (const origin of [`http://localhost:${port}`, "https://chat.example"]) {
    const client = await openClient(`ws://localhost:${port}/hub`, [], { origin });
    client.socket.terminate();
  }
});

test("an upgrade elsewhere is 404 and names the path", async (t) => {
  const { port, raw } = await startServer(t, { basePath: "/wsapp/" });
  for (const path of ["/hub", "/wsapp/hub/", "/wsapp/", "/wsapp/hubx", "/wsapp/%68ub"]) {
    assert.match(await readAll(await raw(handshake(port, {}, path))), /^HTTP\/1\.1 404 .*it is at \/wsapp\/hub/s);
  }
  (await openClient(`ws://localhost:${port}/wsapp/hub?x=1`)).socket.terminate();
});

test("O: where nobody is anonymous, the key lets the application in; another one is refused before any upgrade, none at the first message", async (t) => {
  const key = "key-0123456789abcdef";
  const { port, raw, server } = await startServer(t, { apiKeys: [key, "publish:another-key-of-ours"], anonymous: false });
  const refused: [string, number][] = [
    ["Bearer wrong-wrong-wrong-wrong", 401],
    ["Bearer another-key-of-ours", 403],
  ];
  for (const [authorization, status] of refused) {
    assert.match(await readAll(await raw(handshake(port, { Authorization: authorization }))), new RegExp(`^HTTP/1\\.1 ${status} `));
  }
  assert.equal(server.hub.connectionCount, 0);
  const application = await openClient(`ws://localhost:${port}/hub`, [], { authorization: `Bearer ${key}` });
  application.send({ type: "connect", ref: 0, version: 1, user: "robot" });
  assert.equal((await application.next("connected"))["user"], "robot");
  const nobody = await openClient(`ws://localhost:${port}/hub`);
  nobody.send({ type: "connect", ref: 0, version: 1, user: "robot" });
  assert.deepEqual(await nobody.ended, { code: 4403, reason: "unauthorized" });
  application.socket.terminate();
});

test("an upgrade to anything but WebSocket is ignored, the request is answered, with its body (RFC 9110 §7.8)", async (t) => {
  const { port, raw } = await startServer(t);
  const asks = `Host: localhost:${port}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n`;
  const post = await raw(`POST /api/rooms/lobby/messages HTTP/1.1\r\n${asks}Content-Length: 5\r\n\r\nhello`);
  const posted = await new Promise<string>((resolve) => post.once("data", (data: Buffer) => resolve(data.toString())));
  assert.match(posted, /^HTTP\/1\.1 201 /);
  post.write(`GET /api/rooms HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`);
  assert.match(await readAll(post), /^HTTP\/1\.1 200 .*"room":"lobby"/s);
});

test("a broken handshake is a problem with the section of the RFC; any other error a bad request", () => {
  const problem = handshakeProblem(new HandshakeError("HANDSHAKE_KEY"));
  assert.equal(problem.code, "bad-request");
  assert.match(problem.detail, /Sec-WebSocket-Key.*RFC 6455 §4\.2\.1/);
  assert.deepEqual(handshakeProblem(new Error("x")), { code: "bad-request", detail: "x" });
});

test("R16: who somebody is must be known in time: otherwise the upgrade is answered 503, and a client that went away meanwhile gets nothing", async (t) => {
  const sockets = new WebSocketServer({ noServer: true });
  const hosts = new HostPolicy({ boundHost: "localhost" });
  const gate = new Gate({ hosts, origins: new OriginPolicy(), keys: new ApiKeys([]), anonymous: false });
  const never: Pick<Authenticator, "handshake"> = { handshake: () => new Promise(() => undefined) };
  const options = { gate, path: "/hub", sockets, isDraining: () => false, onSocket: () => assert.fail("let in") };
  const server = createServer().on("upgrade", upgradeListener({ ...options, authenticator: never, authenticationTimeoutMs: 30 }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = (): Socket => connect(port, "127.0.0.1").on("error", () => undefined);
  const patient = ask();
  patient.write(handshake(port));
  assert.match(await readAll(patient), /^HTTP\/1\.1 503 .*could not be checked in time/s);
  const hasty = ask();
  hasty.write(handshake(port), () => hasty.resetAndDestroy());
  await new Promise((resolve) => setTimeout(resolve, 60));
});
