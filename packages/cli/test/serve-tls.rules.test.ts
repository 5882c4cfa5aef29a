import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import { WebSocket } from "@openline/ws";
import { start } from "./binary-fixture.ts";

async function nameOn(port: number): Promise<unknown> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

test("openline serve --cert --key speaks TLS and HTTP/2, and SIGHUP reads the files again under open sockets; what is no certificate changes nothing", async (t) => {
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
  const { child, said, ended } = start(t, ["serve", "--port", "0", "--cert", cert, "--key", key, "--log-format", "json"]);
  const [, digits] = await said(/https:\/\/localhost:(\d+)\//);
  const port = Number(digits);
  const socket = new WebSocket(`wss://127.0.0.1:${port}/hub`, ["openline.v1"], { http2: true, rejectUnauthorized: false });
  t.after(() => socket.terminate());
  await once(socket, "open");
  assert.equal(await nameOn(port), "old.example");
  writeFileSync(cert, "half a certificate");
  child.kill("SIGHUP");
  await said(/the certificate cannot be used: the old one stays/);
  assert.equal(await nameOn(port), "old.example");
  renew("new.example");
  child.kill("SIGHUP");
  await said(/the certificate was read again/);
  assert.equal(await nameOn(port), "new.example");
  assert.equal(socket.readyState, WebSocket.OPEN);
  const end = once(socket, "close");
  child.kill("SIGTERM");
  assert.equal((await end)[0], 1001);
  assert.equal(await ended, 0);
});

test("--cert without --key, and files that are no certificate, are refused before anything listens", async (t) => {
  const alone = start(t, ["serve", "--cert", "cert.pem"]);
  assert.equal(await alone.ended, 2);
  assert.match(alone.err(), /--cert and --key go together/);
  const missing = start(t, ["serve", "--cert", "/nowhere/cert.pem", "--key", "/nowhere/key.pem"]);
  assert.equal(await missing.ended, 2);
  assert.match(missing.err(), /\/nowhere\/cert\.pem/);
});
