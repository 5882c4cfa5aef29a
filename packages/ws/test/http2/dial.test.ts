import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { parseAddress } from "../../src/address.ts";
import { dial, settingsOf } from "../../src/http2/dial.ts";
import { certificate } from "../fixtures/certificate.ts";
import { until } from "../fixtures/until.ts";

const trusting = { rejectUnauthorized: false };
const wanted = new AbortController().signal;

async function at(t: TestContext, server: Server, scheme: "ws" | "wss"): Promise<ReturnType<typeof parseAddress>> {
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return parseAddress(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

for (const scheme of ["ws", "wss"] as const)
  test(`${scheme}: HTTP/2 with WebSockets is found, with wide windows and without pushes (RFC 8441 §3)`, async (t) => {
    const server = scheme === "wss" ? http2.createSecureServer(certificate) : http2.createServer();
    server.updateSettings({ enableConnectProtocol: true });
    const sessions: http2.ServerHttp2Session[] = [];
    server.on("session", (session) => sessions.push(session));
    const line = await dial(await at(t, server, scheme), trusting, wanted);
    assert.ok(line.kind === "http2");
    t.after(() => line.session.destroy());
    await until(() => sessions[0]?.remoteSettings.initialWindowSize === 262_144);
    assert.equal(sessions[0]?.remoteSettings.enablePush, false);
    await settingsOf(line.session);
  });

test("what is there instead: HTTP/1.1 by ALPN with its socket, HTTP/2 without WebSockets, something else on plain TCP", async (t) => {
  const old = createHttpsServer(certificate);
  const http1 = await dial(await at(t, old, "wss"), trusting, wanted);
  assert.ok(http1.kind === "http1");
  assert.equal(http1.socket?.destroyed, false);
  http1.socket?.destroy();
  const without = await dial(await at(t, http2.createSecureServer(certificate), "wss"), trusting, wanted);
  assert.equal(without.kind === "lacking" && without.error.code, "HANDSHAKE_NO_CONNECT_PROTOCOL");
  const other = createServer((socket) => socket.on("error", () => undefined).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const plain = await dial(await at(t, other, "ws"), {}, wanted);
  assert.equal(plain.kind === "lacking" && plain.error.code, "HANDSHAKE_NO_HTTP2");
});

test("a transport of the application's own is used, whether it comes at once or later, and its fault is the call's", async (t) => {
  const server = http2.createServer();
  server.updateSettings({ enableConnectProtocol: true });
  const address = await at(t, server, "ws");
  const ways = [
    { createConnection: () => connect(address.port, "127.0.0.1") },
    {
      createConnection: (_options: unknown, done: (error: Error | null, socket: ReturnType<typeof connect>) => void): undefined => {
        setImmediate(() => done(null, connect(address.port, "127.0.0.1")));
      },
    },
  ];
  for (const options of ways) {
    const line = await dial(address, options, wanted);
    assert.ok(line.kind === "http2");
    line.session.destroy();
  }
  const failing = {
    createConnection: (_options: unknown, done: (error: Error, socket: never) => void): undefined =>
      done(new Error("no way"), undefined as never) as undefined,
  };
  await assert.rejects(dial(address, failing, wanted), /no way/);
});

test("given up, before or while the server is silent, it fails and its socket is gone", async (t) => {
  let ends = 0;
  const silent = createServer((socket) =>
    socket
      .on("error", () => undefined)
      .on("close", () => ends++)
      .resume(),
  );
  const address = await at(t, silent, "ws");
  await assert.rejects(dial(address, {}, AbortSignal.abort()), { name: "AbortError" });
  const controller = new AbortController();
  const call = dial(address, {}, controller.signal);
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(call, { name: "AbortError" });
  await until(() => ends > 0);
});

test("a refused connection, and one closed before its settings, are errors", async (t) => {
  await assert.rejects(dial(parseAddress("wss://127.0.0.1:1"), {}, wanted), { code: "ECONNREFUSED" });
  const session = http2.connect("http://127.0.0.1:1");
  session.on("error", () => undefined);
  await assert.rejects(settingsOf(session));
  await until(() => session.destroyed);
  await assert.rejects(settingsOf(session), /is closed/);
  t.diagnostic("done");
});
