import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { PROFILES } from "@openline/protocol";
import { type OwnPort, openPort } from "../../src/http2/own-port.ts";
import type { ServerOptions } from "../../src/server-options.ts";
import { certificate } from "../fixtures/certificate.ts";
import { answerOf, http2Connect } from "../fixtures/http2-client.ts";
import { rawConnect, readAll } from "../fixtures/raw-client.ts";
import { until } from "../fixtures/until.ts";

async function open(t: TestContext, options: ServerOptions, timeoutMs?: number): Promise<{ own: OwnPort; port: number }> {
  const own = openPort(0, { host: "127.0.0.1", ...options }, PROFILES.ws, timeoutMs, undefined);
  t.after(() => {
    own.server.close();
    own.drop();
  });
  await once(own.server, "listening");
  return { own, port: (own.server.address() as AddressInfo).port };
}

const tls = certificate;

/** The status of a request over HTTP/1.1 and TLS. */
async function statusOf(port: number): Promise<number | undefined> {
  const request = httpsRequest({ port, host: "127.0.0.1", rejectUnauthorized: false, agent: false });
  request.end();
  const [response] = (await once(request, "response")) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

async function chosenProtocol(port: number): Promise<string | false | null> {
  const socket = tlsConnect({ port, host: "127.0.0.1", ALPNProtocols: ["h2", "http/1.1"], rejectUnauthorized: false });
  await once(socket, "secureConnect");
  socket.destroy();
  return socket.alpnProtocol;
}

test("a plain port speaks HTTP/1.1 alone, unless HTTP/2 is asked for: then both, told apart by the preface (RFC 9113 §3.3)", async (t) => {
  const old = await open(t, {});
  assert.equal(old.own.http2, undefined);
  const { own, port } = await open(t, { http2: true });
  assert.equal(own.plain, own.server);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 426);
  const session = await http2Connect(t, port);
  assert.equal((await answerOf(session.request({ ":path": "/" })))[":status"], 404, "426 would name an upgrade");
  assert.equal(own.sessions?.size, 1);
});

test("over TLS clients choose by ALPN, and with http2: false there is no choice (RFC 9113 §3.2)", async (t) => {
  const both = await open(t, { tls });
  assert.equal(await chosenProtocol(both.port), "h2");
  assert.equal(await statusOf(both.port), 426);
  const session = await http2Connect(t, both.port, "https");
  assert.equal((await answerOf(session.request({ ":path": "/" })))[":status"], 404);
  const old = await open(t, { tls, http2: false });
  assert.notEqual(await chosenProtocol(old.port), "h2");
  assert.equal(await statusOf(old.port), 426);
  assert.equal(old.own.plain, undefined, "nothing can be read from the TCP handle");
});

test("CONNECT for anything else: 405 without a protocol, 501 with one that is not known (RFC 9220 §3)", async (t) => {
  const { port } = await open(t, { tls });
  const session = await http2Connect(t, port, "https");
  assert.equal((await answerOf(session.request({ ":method": "CONNECT", ":authority": "a:1" })))[":status"], 405);
  // Without a WebSocketServer around it the port has not announced the extension: then no protocol gets through.
  const old = tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  old.end("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n");
  assert.equal(await readAll(old), "");
});

for (const [name, options] of [
  ["plain", { http2: true }],
  ["TLS", { tls }],
] as const)
  test(`${name}: a request of HTTP/1.1 that is not finished in time is cut, and so is an HTTP/2 connection without a stream (R16)`, async (t) => {
    const { port } = await open(t, options, 150);
    const session = await http2Connect(t, port, name === "TLS" ? "https" : "http");
    await until(() => session.closed);
    const socket = name === "TLS" ? tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false }) : await rawConnect(t, port);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
    assert.match(await readAll(socket), /^HTTP\/1\.1 408 /);
  });

test("a client that never finishes its TLS handshake is cut in time (R16)", async (t) => {
  const { port } = await open(t, { tls }, 150);
  const socket = await rawConnect(t, port);
  socket.write("\x16\x03\x01");
  await once(socket, "close");
});

for (const [name, options] of [
  ["plain", { http2: true }],
  ["TLS with HTTP/2", { tls }],
  ["TLS without", { tls, http2: false }],
] as const)
  test(`${name}: drop() ends every connection`, async (t) => {
    const { own, port } = await open(t, options);
    const isPlain = name === "plain";
    const old = isPlain ? await rawConnect(t, port) : tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    old.on("error", () => undefined);
    old.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
    if (!isPlain) await once(old, "secureConnect");
    const session = name === "TLS without" ? undefined : await http2Connect(t, port, isPlain ? "http" : "https");
    await new Promise((resolve) => setTimeout(resolve, 100)); // until the server has seen both
    const closed = new Promise((resolve) => own.server.close(resolve));
    own.drop();
    await closed;
    await until(() => old.destroyed || old.readableEnded);
    if (session !== undefined) await until(() => session.destroyed);
  });

test("options that cannot be are refused before anything listens", () => {
  assert.throws(() => openPort(0, { http2: { maxStreams: 0 } }, PROFILES.ws, undefined, undefined), RangeError);
  assert.throws(() => openPort(0, { tls: { certFile: "/nowhere.pem" } }, PROFILES.ws, undefined, undefined), /ENOENT.*nowhere\.pem/);
});
