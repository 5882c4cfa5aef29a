import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { findProgram } from "@openline/testkit";

const openssl = findProgram("openssl");

/** Why tests with a certificate are skipped, `false` when they can run. */
export const withoutOpenssl: string | false = openssl.path === undefined && process.env["CI"] !== "true" ? openssl.reason : false;

/** Files with a certificate for localhost that nobody signed but itself, good for so many days, and its key; they go with the test. */
export function ownCertificate(t: TestContext, days: number): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), "openline-doctor-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", String(days)];
  const names = ["-subj", "/CN=localhost/O=Doctor's test", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync(openssl.path ?? "openssl", ["req", ...kind, ...names, "-keyout", files.key, "-out", files.cert], { stdio: "ignore" });
  return files;
}
