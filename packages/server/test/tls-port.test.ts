import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { subprotocol } from "@openline/wire";
import { WebSocket } from "@openline/ws";
import { createLog } from "../src/log.ts";
import type { OpenlineServer } from "../src/openline-server.ts";
import { createServer } from "../src/server.ts";
import { SettingsError } from "../src/settings.ts";
import { TlsPort } from "../src/tls-port.ts";

const trusting = { rejectUnauthorized: false };

function files(t: TestContext): { cert: string; key: string; renew: (name: string) => void } {
  const folder = mkdtempSync(join(tmpdir(), "openline-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const renew = (name: string): void => {
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    execFileSync("openssl", ["req", "-x509", ...curve, "-days", "2", "-subj", `/CN=${name}`, "-keyout", key, "-out", cert], {
      stdio: "ignore",
    });
  };
  renew("old.example");
  return { cert, key, renew };
}

async function start(
  t: TestContext,
  tls: { cert: string; key: string },
): Promise<{ server: OpenlineServer; port: number; urls: readonly string[] }> {
  const server = createServer({
    port: 0,
    host: "127.0.0.1",
    anonymous: true,
    tls,
    log: createLog({ level: "silent", format: "json", terminal: false }),
  });
  const { port, urls } = await server.listen();
  t.after(() => server.close({ graceMs: 1000 }));
  return { server, port, urls };
}

async function session(t: TestContext, port: number): Promise<ClientHttp2Session> {
  const made = connect(`https://127.0.0.1:${port}`, trusting);
  made.on("error", () => undefined);
  t.after(() => made.destroy());
  await once(made, "remoteSettings");
  return made;
}

async function ask(over: ClientHttp2Session, headers: Record<string, string>): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  const stream = over.request(headers, { endStream: true });
  stream.setEncoding("utf8");
  const [answer] = (await once(stream, "response")) as [IncomingHttpHeaders];
  return { headers: answer, body: (await stream.toArray()).join("") };
}

async function nameOn(port: number): Promise<unknown> {
  const socket = tlsConnect({ port, host: "127.0.0.1", ...trusting });
  await once(socket, "secureConnect");
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

test("one port speaks HTTP/2 and HTTP/1.1 over TLS: page, API, and the hub over both (RFC 8441 §5)", async (t) => {
  const { server, port, urls } = await start(t, files(t));
  assert.match(urls[0] ?? "", /^https:/);
  const over = await session(t, port);
  const health = await ask(over, { ":path": "/health" });
  assert.equal(health.headers[":status"], 200);
  const published = await ask(over, { ":path": "/api/rooms/lobby/messages" });
  assert.equal(published.headers[":status"], 200, published.body);
  const old = httpsRequest({ port, host: "127.0.0.1", path: "/health", ...trusting, agent: false }).end();
  const [{ statusCode }] = (await once(old, "response")) as [{ statusCode: number }];
  assert.equal(statusCode, 200);
  for (const http2 of [true, false]) {
    const socket = new WebSocket(`wss://127.0.0.1:${port}/hub`, [subprotocol], { http2, ...trusting });
    t.after(() => socket.terminate());
    await once(socket, "open");
    assert.equal(socket.protocol, subprotocol);
  }
  assert.equal(server.http.length, 1);
});

test("what is refused over HTTP/2 gets the same problems as over HTTP/1.1 (R14)", async (t) => {
  const { port } = await start(t, files(t));
  const over = await session(t, port);
  const connectTo = { ":method": "CONNECT", ":protocol": "websocket", "sec-websocket-version": "13", ":path": "/hub" };
  const cases: [Record<string, string>, status: number, code: string][] = [
    [{ ...connectTo, ":path": "/other" }, 404, "not-found"],
    [{ ...connectTo, origin: "https://evil.example" }, 403, "origin-not-allowed"],
    [{ ...connectTo, ":authority": "evil.example" }, 421, "host-not-allowed"],
    [{ ...connectTo, "sec-websocket-version": "7" }, 400, "bad-request"],
    [{ ":path": "/health", ":authority": "evil.example" }, 421, "host-not-allowed"],
  ];
  for (const [headers, status, code] of cases) {
    const answer = await ask(over, headers);
    assert.equal(answer.headers[":status"], status, answer.body);
    assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
    assert.equal((JSON.parse(answer.body) as { code: string }).code, code);
  }
});

test("the files are read again under open connections, and what cannot be used changes nothing", async (t) => {
  const tls = files(t);
  const { server, port } = await start(t, tls);
  const socket = new WebSocket(`wss://127.0.0.1:${port}/hub`, [subprotocol], { http2: true, ...trusting });
  t.after(() => socket.terminate());
  await once(socket, "open");
  tls.renew("new.example");
  assert.equal(await nameOn(port), "old.example");
  server.reloadCertificates();
  assert.equal(await nameOn(port), "new.example");
  writeFileSync(tls.cert, readFileSync(tls.key));
  assert.throws(() => server.reloadCertificates());
  assert.equal(await nameOn(port), "new.example");
  assert.equal(socket.readyState, WebSocket.OPEN);
});

test("closing tells sockets 1001 and connections GOAWAY, and all is closed in time (R8)", async (t) => {
  const { server, port } = await start(t, files(t));
  const over = await session(t, port);
  const socket = new WebSocket(`wss://127.0.0.1:${port}/hub`, [subprotocol], { http2: true, ...trusting });
  await once(socket, "open");
  const [end, goaway] = [once(socket, "close"), once(over, "goaway")];
  const from = performance.now();
  await server.close({ graceMs: 60_000 });
  assert.equal((await end)[0], 1001);
  await goaway;
  assert.ok(performance.now() - from < 30_000, "nothing was waited for");
});

test("files that cannot be read, or do not belong together, are named", (t) => {
  const { cert, key } = files(t);
  assert.throws(
    () => new TlsPort({ cert: "/nowhere/cert.pem", key }),
    (error: unknown) => error instanceof SettingsError && /--cert \/nowhere\/cert\.pem/.test(error.message),
  );
  assert.throws(() => new TlsPort({ cert, key: cert }), SettingsError);
  assert.throws(() => createServer({ tls: { cert } }), /--cert and --key go together/);
});
