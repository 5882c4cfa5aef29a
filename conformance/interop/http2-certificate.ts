import { readFileSync } from "node:fs";

const read = (name: string): Buffer => readFileSync(new URL(`../../packages/ws/test/fixtures/${name}`, import.meta.url));

/** A self-signed certificate for localhost and 127.0.0.1 with its key. Public, for tests only: it protects nothing. */
export const certificate: { readonly cert: Buffer; readonly key: Buffer } = {
  cert: read("test-only-certificate.pem"),
  key: read("test-only-key.pem"),
};
