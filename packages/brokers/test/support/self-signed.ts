import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** A certificate for localhost, made for this test; `skip` says why there is none. */
export function selfSigned(directory: string): { certificate: string; key: string; skip: string | undefined } {
  const [certificate, key] = [join(directory, "certificate.pem"), join(directory, "key.pem")];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const { status } = spawnSync("openssl", [...args, ...names, "-out", certificate, "-keyout", key], { stdio: "ignore" });
  return { certificate, key, skip: status === 0 ? undefined : "openssl is not installed" };
}
