import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findProgram, freePort } from "@openline/testkit";
import { type ServerOptions, type WebSocket, WebSocketServer } from "@openline/ws";

const binary = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const timeout = 60_000;
const openssl = findProgram("openssl");
const withoutOpenssl: string | false = openssl.path === undefined && process.env["CI"] !== "true" ? openssl.reason : false;
const folder = mkdtempSync(join(tmpdir(), "openline-doors-"));
const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };

before(() => {
  if (openssl.path === undefined) return;
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync(openssl.path, ["req", ...kind, ...names, "-keyout", files.key, "-out", files.cert], { stdio: "ignore" });
});
after(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `openline connect` with this input in a pipe. */
async function connect(t: TestContext, args: readonly string[], input: string): Promise<Ended> {
  const child = spawn(process.execPath, [binary, "connect", "--quiet-ms=300", ...args], { stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

async function listen(t: TestContext, server: Server, where: object = { port: 0, host: "127.0.0.1" }): Promise<number> {
  server.listen(where);
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Sends every message back, on this http server. */
function echo(t: TestContext, server: NonNullable<ServerOptions["server"]>): void {
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket: WebSocket) => socket.on("message", (data) => socket.send(String(data))));
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate();
  });
}

test("TLS: an unknown authority is refused with advice; --ca trusts it, --insecure does not look, --cert shows ours; frames are seen inside", {
  skip: withoutOpenssl,
  timeout,
}, async (t) => {
  const pem = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const server = createHttpsServer(pem);
  const strict = createHttpsServer({ ...pem, ca: pem.cert, requestCert: true });
  echo(t, server);
  echo(t, strict);
  const [url, strictUrl] = [`wss://localhost:${await listen(t, server)}/`, `wss://localhost:${await listen(t, strict)}/`];
  const [refused, trusted, careless, unknown, known] = await Promise.all([
    connect(t, [url], "x\n"),
    connect(t, [url, "--ca", files.cert, "--frames", "--no-compression"], "trusted\n"),
    connect(t, [url, "--insecure"], "careless\n"),
    connect(t, [strictUrl, "--ca", files.cert], "x\n"),
    connect(t, [strictUrl, "--ca", files.cert, "--cert", files.cert, "--key", files.key], "known\n"),
  ]);
  assert.deepEqual([refused.code, refused.out], [1, ""]);
  assert.match(refused.err, /^openline: no connection .*--ca FILE trusts it.*\n$/);
  assert.deepEqual([trusted.code, trusted.out], [0, "trusted\n"]);
  assert.match(trusted.err, /-> FIN=1 RSV=000 opcode=1 \(text\) MASK=1 .* length=7/);
  assert.deepEqual([careless.code, careless.out], [0, "careless\n"]);
  assert.equal(unknown.code, 1);
  assert.deepEqual([known.code, known.out], [0, "known\n"]);
});

test("a Unix socket: the URL gives path and Host", { timeout }, async (t) => {
  const server = createHttpServer();
  echo(t, server);
  const targets: (string | undefined)[] = [];
  server.on("upgrade", (request) => targets.push(request.url, request.headers.host));
  const path = join(folder, "app.sock");
  await listen(t, server, { path });
  assert.deepEqual(await connect(t, ["ws://localhost/a?b=c", "--unix", path], "over the socket\n"), {
    code: 0,
    out: "over the socket\n",
    err: "",
  });
  assert.deepEqual(targets, ["/a?b=c", "localhost"]);
});

test("HTTP/2: the WebSocket is a stream (RFC 8441); a server without it is named", { skip: withoutOpenssl, timeout }, async (t) => {
  const pem = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const server = createSecureServer({ ...pem, allowHTTP1: true });
  echo(t, server);
  const plain = createHttpsServer(pem);
  echo(t, plain);
  const versions: string[] = [];
  server.on("session", () => versions.push("h2"));
  const [h2, h1] = [await listen(t, server), await listen(t, plain)];
  assert.deepEqual(await connect(t, [`wss://localhost:${h2}/`, "--ca", files.cert, "--http2"], "over a stream\n"), {
    code: 0,
    out: "over a stream\n",
    err: "",
  });
  assert.deepEqual(versions, ["h2"]);
  const refused = await connect(t, [`wss://localhost:${h1}/`, "--ca", files.cert, "--http2"], "x\n");
  assert.deepEqual([refused.code, refused.out], [1, ""]);
});

test("--reconnect comes back when the server does, and sends what was said meanwhile", { timeout }, async (t) => {
  const port = await freePort();
  const begin = async (): Promise<WebSocketServer> => {
    const server = new WebSocketServer({ port, host: "127.0.0.1" });
    server.on("connection", (socket) => socket.on("message", (data) => socket.send(`got ${String(data)}`)));
    await once(server, "listening");
    return server;
  };
  const child = spawn(process.execPath, [binary, "connect", `ws://127.0.0.1:${port}/`, "--reconnect"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  t.after(() => child.kill("SIGKILL"));
  const first = await begin();
  child.stdin.write("one\n");
  const [got] = (await once(child.stdout, "data")) as [Buffer];
  assert.equal(got.toString(), "got one\n");
  for (const socket of first.clients) socket.terminate();
  first.close();
  await once(first, "close");
  child.stdin.write("two\n");
  const second = await begin();
  t.after(() => {
    for (const socket of second.clients) socket.terminate();
    second.close();
  });
  const [again] = (await once(child.stdout, "data")) as [Buffer];
  assert.equal(again.toString(), "got two\n");
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});
