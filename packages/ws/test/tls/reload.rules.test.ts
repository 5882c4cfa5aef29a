import assert from "node:assert/strict";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import type { ServerOptions } from "../../src/server-options.ts";
import { WebSocket } from "../../src/websocket.ts";
import { WebSocketServer } from "../../src/websocket-server.ts";
import { certificate } from "../fixtures/certificate.ts";
import { makeCertificate } from "../fixtures/made-certificate.ts";
import { listen, messages } from "../fixtures/pair.ts";

/** The name on the certificate that a new handshake gets. */
async function nameOn(port: number, servername?: string): Promise<unknown> {
  const socket: TLSSocket = connect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ...(servername !== undefined && { servername }),
  });
  await once(socket, "secureConnect");
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

async function echo(t: TestContext, options: ServerOptions): Promise<{ server: WebSocketServer; port: number }> {
  const { server, port } = await listen(t, options);
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(data as Buffer, { binary: false })));
  return { server, port };
}

for (const [over, http2] of [
  ["HTTP/2", true],
  ["HTTP/1.1", false],
] as const)
  test(`certificates are replaced under 100 open sockets over ${over} and none is lost; new handshakes get the new one`, async (t) => {
    const { server, port } = await echo(t, { tls: makeCertificate("old.example"), http2 });
    const options = { rejectUnauthorized: false, http2 };
    const sockets = Array.from({ length: 100 }, () => new WebSocket(`wss://127.0.0.1:${port}`, options));
    t.after(() => sockets.map((socket) => socket.terminate()));
    await Promise.all(sockets.map((socket) => once(socket, "open")));
    assert.equal(await nameOn(port), "old.example");
    server.reloadCertificates(makeCertificate("new.example"));
    assert.equal(await nameOn(port), "new.example");
    const answers = sockets.map((socket) => messages(socket, 1));
    for (const [at, socket] of sockets.entries()) socket.send(`still ${at}`);
    assert.deepEqual(
      (await Promise.all(answers)).flat(),
      sockets.map((_, at) => `still ${at}`),
    );
    const next = new WebSocket(`wss://127.0.0.1:${port}`, options);
    t.after(() => next.terminate());
    await once(next, "open");
    assert.equal(server.clients.size, 101);
  });

test("a certificate that cannot be used is refused with the fault, and the old one goes on", async (t) => {
  const { server, port } = await echo(t, { tls: makeCertificate("old.example") });
  const { cert } = makeCertificate("new.example");
  assert.throws(() => server.reloadCertificates({ cert, key: certificate.key }), /key values mismatch/);
  assert.equal(await nameOn(port), "old.example");
});

test("by the name asked for the server answers with that name's certificate, also after a reload (RFC 6066 §3)", async (t) => {
  const names = { "a.example": makeCertificate("a.example"), "*.b.example": makeCertificate("*.b.example") };
  const { server, port } = await echo(t, { tls: { ...makeCertificate("default.example"), names } });
  assert.equal(await nameOn(port, "a.example"), "a.example");
  assert.equal(await nameOn(port, "x.b.example"), "*.b.example");
  assert.equal(await nameOn(port, "unknown.example"), "default.example");
  assert.equal(await nameOn(port), "default.example");
  server.reloadCertificates({ names: { "a.example": makeCertificate("a2.example") } });
  assert.equal(await nameOn(port, "a.example"), "a2.example");
  assert.equal(await nameOn(port, "x.b.example"), "default.example");
});

for (const http2 of [true, false])
  test(`clients show certificates where they are asked for, and the application sees whose it is (HTTP/${http2 ? "2" : "1.1"})`, async (t) => {
    const [ours, theirs, strange] = [makeCertificate("localhost"), makeCertificate("ada"), makeCertificate("eve")];
    const { server, port } = await echo(t, { tls: { ...ours, requestCert: true, ca: theirs.cert } });
    const seen = new Promise<unknown>((resolve) => {
      server.on("connection", (_socket, { socket }) => resolve((socket as TLSSocket).getPeerCertificate().subject.CN));
    });
    const url = `wss://localhost:${port}`;
    const options = { http2, ca: ours.cert, family: 4 };
    const known = new WebSocket(url, { ...options, cert: theirs.cert, key: theirs.key });
    t.after(() => known.terminate());
    await once(known, "open");
    assert.equal(await seen, "ada");
    for (const credentials of [{}, { cert: strange.cert, key: strange.key }]) {
      const stranger = new WebSocket(url, { ...options, ...credentials });
      await once(stranger, "error");
    }
    assert.equal(server.clients.size, 1);
  });

test("by whatever name: client certificates are judged by the authorities of the server, or by those of the name where it has its own", async (t) => {
  const [ours, theirs, others] = [makeCertificate("localhost"), makeCertificate("ada"), makeCertificate("bob")];
  const names = { "a.example": makeCertificate("a.example"), "b.example": { ...makeCertificate("b.example"), ca: others.cert } };
  const { server, port } = await echo(t, { tls: { ...ours, requestCert: true, ca: theirs.cert, names } });
  const cases = [
    ["localhost", theirs, true],
    ["a.example", theirs, true],
    ["a.example", others, false],
    ["b.example", others, true],
    ["b.example", theirs, false],
  ] as const;
  for (const reloads of [false, true]) {
    if (reloads) server.reloadCertificates({ names: { ...names } });
    for (const [servername, { cert, key }, isKnown] of cases) {
      const socket = new WebSocket(`wss://127.0.0.1:${port}`, { rejectUnauthorized: false, servername, cert, key });
      t.after(() => socket.terminate());
      socket.on("error", () => undefined);
      const isOpen = await new Promise((resolve) => socket.on("open", () => resolve(true)).on("close", () => resolve(false)));
      assert.equal(isOpen, isKnown, `${servername} for ${cert === theirs.cert ? "ada" : "bob"}`);
    }
  }
});

test("without a port of its own and tls there is nothing to reload, and the error says where to go", async (t) => {
  const { server } = await listen(t);
  assert.throws(() => server.reloadCertificates(), /call its setSecureContext\(\)/);
  assert.throws(() => new WebSocketServer({ noServer: true }).reloadCertificates(), /for a port of the server's own/);
});
