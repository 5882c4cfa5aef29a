import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { findProgram, freePort } from "@openline/testkit";
import { WebSocket, WebSocketServer } from "@openline/ws";
import { certificate } from "../interop/http2-certificate.ts";
import { startNginx } from "./nginx.ts";

const program = findProgram("nginx");
const skip = program.path === undefined && program.reason;
const trusting = { rejectUnauthorized: false };
const upgraded = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';

/** nginx with HTTP/2 in front of an echo server; the port that it speaks TLS on. */
async function behindNginx(t: TestContext): Promise<{ port: number; versions: string[] }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", http2: true });
  await once(server, "listening");
  const versions: string[] = [];
  server.on("connection", (socket, request) => {
    versions.push(request.httpVersion);
    socket.on("error", () => undefined);
    socket.on("message", (data) => socket.send(String(data)));
  });
  const folder = await mkdtemp(join(tmpdir(), "openline-nginx-tls-"));
  writeFileSync(join(folder, "cert.pem"), certificate.cert);
  writeFileSync(join(folder, "key.pem"), certificate.key);
  const port = await freePort();
  const nginx = await startNginx({
    http: `ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;`,
    server: `listen 127.0.0.1:${port} ssl http2; location / { proxy_pass http://127.0.0.1:${(server.address() as AddressInfo).port}; ${upgraded} }`,
  });
  t.after(async () => {
    await nginx.stop();
    await rm(folder, { recursive: true, force: true });
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { port, versions };
}

test('nginx speaks HTTP/2 without extended CONNECT: http2: true says what is lacking, "auto" and browsers go on over HTTP/1.1 (RFC 8441 §3)', {
  skip,
}, async (t) => {
  const { port, versions } = await behindNginx(t);
  const session = http2.connect(`https://127.0.0.1:${port}`, trusting);
  t.after(() => session.destroy());
  await once(session, "remoteSettings");
  assert.notEqual(session.remoteSettings.enableConnectProtocol, true);
  const only = new WebSocket(`wss://127.0.0.1:${port}`, { http2: true, ...trusting });
  const [error] = (await once(only, "error")) as [Error & { code?: string }];
  assert.equal(error.code, "HANDSHAKE_NO_CONNECT_PROTOCOL");
  for (const client of [{ http2: "auto" }, {}] as const) {
    const socket = new WebSocket(`wss://127.0.0.1:${port}`, { ...client, ...trusting });
    t.after(() => socket.terminate());
    await once(socket, "open");
    socket.send("hello");
    assert.equal(String((await once(socket, "message"))[0]), "hello");
  }
  assert.deepEqual(versions, ["1.1", "1.1"]);
});
