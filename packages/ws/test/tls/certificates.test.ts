import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { SecureContextOptions } from "node:tls";
import { Certificates } from "../../src/tls/certificates.ts";
import { certificate } from "../fixtures/certificate.ts";
import { makeCertificate } from "../fixtures/made-certificate.ts";

/** What a server was given. */
function server(): { contexts: SecureContextOptions[]; setSecureContext(options: SecureContextOptions): void } {
  const contexts: SecureContextOptions[] = [];
  return { contexts, setSecureContext: (options) => void contexts.push(options) };
}

const contextOf = (certificates: Certificates, name: string): unknown => {
  let found: unknown;
  certificates.onName(name, (_error, context) => {
    found = context;
  });
  return found;
};

test("files are read when the server is made, and again with each reload", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const write = ({ cert, key }: { cert: string | Uint8Array; key: string | Uint8Array }): void => {
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
  };
  write(certificate);
  const certificates = new Certificates({ certFile, keyFile });
  assert.deepEqual(certificates.options, { cert: certificate.cert, key: certificate.key });
  const made = makeCertificate("second.example");
  write(made);
  const target = server();
  certificates.reload(target);
  assert.equal(String(target.contexts[0]?.cert), made.cert);
});

test("a certificate without its key, or a file that is gone, throws, and everything stays as it was", () => {
  const certificates = new Certificates(certificate);
  const { cert } = makeCertificate("other.example");
  const target = server();
  assert.throws(() => certificates.reload(target, { cert, key: certificate.key }), /key values mismatch/);
  assert.throws(() => certificates.reload(target, { certFile: "/nowhere.pem", keyFile: "/nowhere.pem" }), /ENOENT/);
  assert.throws(() => certificates.reload(target, { names: { "a.example": { certFile: "/nowhere.pem" } } }), /ENOENT/);
  assert.deepEqual(target.contexts, []);
  certificates.reload(target);
  assert.deepEqual(target.contexts, [{ ...certificate }]);
});

test("what is given takes the place of certificate and key, and other settings stay", () => {
  const certificates = new Certificates({ ...certificate, minVersion: "TLSv1.3" });
  const made = makeCertificate("new.example");
  const target = server();
  certificates.reload(target, made);
  assert.deepEqual(target.contexts, [{ ...made, minVersion: "TLSv1.3" }]);
  certificates.reload(target);
  assert.deepEqual(target.contexts[1], target.contexts[0], "without an argument the newest is taken again");
});

test("a name gets its own certificate, in any letter case, a wildcard stands for one label (RFC 6066 §3, RFC 6125 §6.4.3)", () => {
  const certificates = new Certificates({
    ...certificate,
    names: { "Chat.example": makeCertificate("chat.example"), "*.tenant.example": makeCertificate("*.tenant.example") },
  });
  assert.ok(contextOf(certificates, "chat.EXAMPLE"));
  assert.ok(contextOf(certificates, "a.tenant.example"));
  assert.equal(contextOf(certificates, "a.b.tenant.example"), undefined);
  assert.equal(contextOf(certificates, "tenant.example"), undefined);
  assert.equal(contextOf(certificates, "other.example"), undefined, "the default one");
  const before = contextOf(certificates, "chat.example");
  certificates.reload(server(), { names: { "chat.example": makeCertificate("chat.example") } });
  assert.notEqual(contextOf(certificates, "chat.example"), before);
  assert.equal(contextOf(certificates, "a.tenant.example"), undefined, "names given take the place of all");
});
