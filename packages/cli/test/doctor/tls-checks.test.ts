import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as ask } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { createServer } from "@openline/server";
import { freePort } from "@openline/testkit";
import { certificateFindings, http2Finding } from "../../src/doctor/tls-checks.ts";
import { start } from "../binary-fixture.ts";
import { ownCertificate, withoutOpenssl } from "./own-certificate.ts";

const timeout = 60_000;
const dayMs = 86_400_000;

interface Served {
  readonly url: string;
  readonly ca: string;
}

/** An Openline server over TLS. */
async function serve(t: TestContext, days: number): Promise<Served> {
  const { cert, key } = ownCertificate(t, days);
  const server = createServer({ port: 0, logLevel: "silent", tls: { cert, key } });
  const { port } = await server.listen();
  t.after(() => server.close({ graceMs: 0 }));
  return { url: `https://localhost:${port}/`, ca: cert };
}

interface Seen {
  readonly code: unknown;
  readonly standings: Readonly<Record<string, string>>;
  readonly found: (what: string) => string;
}

/** What the real binary finds. */
async function doctor(t: TestContext, args: readonly string[], environment: Record<string, string> = {}): Promise<Seen> {
  const { ended, out, err } = start(t, ["doctor", ...args, "--json"], environment);
  const code = await ended;
  const findings: readonly Record<string, string>[] = out() === "" ? assert.fail(err()) : JSON.parse(out());
  const found = (what: string): string => JSON.stringify(findings.find((finding) => finding["what"] === what));
  return { code, standings: Object.fromEntries(findings.map(({ what, standing }) => [what, standing])), found };
}

const well = { name: "ok", server: "ok", clock: "ok", WebSocket: "ok", "HTTP/2": "ok" } as const;

test("a certificate that clients trust is good, with its issuer, its end and its TLS; less than two weeks are a warning", {
  skip: withoutOpenssl,
  timeout,
}, async (t) => {
  for (const [days, standing, text] of [
    [90, "ok", /by Doctor's test, until \d{4}-\d\d-\d\d, TLSv1\.3"/],
    [5, "warning", /(?:5 d|4 d 23 h) left.*renew it/],
  ] as const) {
    const { url, ca } = await serve(t, days);
    const { code, standings, found } = await doctor(t, [url], { NODE_EXTRA_CA_CERTS: ca });
    assert.deepEqual([code, standings], [0, { ...well, certificate: standing }]);
    assert.match(found("certificate"), text);
  }
});

test("one that nobody trusts is a fault, and hides nothing of what else there is; with --insecure it is a note", {
  skip: withoutOpenssl,
  timeout,
}, async (t) => {
  const { url } = await serve(t, 90);
  const [strict, careless] = await Promise.all([doctor(t, [url]), doctor(t, [url, "--insecure"])]);
  assert.deepEqual([strict.code, strict.standings], [1, { ...well, certificate: "fault" }]);
  assert.match(strict.found("certificate"), /DEPTH_ZERO_SELF_SIGNED_CERT|self.signed.*NODE_EXTRA_CA_CERTS/i);
  assert.deepEqual([careless.code, careless.standings], [0, { ...well, certificate: "note" }]);
});

test("one that has expired is a fault that says since when; an address that speaks no TLS is none", {
  skip: withoutOpenssl,
  timeout,
}, async (t) => {
  const { url } = await serve(t, 90);
  const [expired] = await certificateFindings(new URL(url), false, Date.now() + 92 * dayMs);
  assert.match(`${expired?.standing} ${expired?.found}`, /^fault expired [12] d.* ago$/);
  const [none] = await certificateFindings(new URL(`https://localhost:${await freePort()}/`), false);
  assert.match(`${none?.standing} ${none?.found}`, /^fault no TLS: .*ECONNREFUSED/);
});

test("HTTP/2 with WebSockets over it is good, without them or without HTTP/2 worth knowing (RFC 8441)", {
  skip: withoutOpenssl,
  timeout,
}, async (t) => {
  assert.equal((await http2Finding(new URL((await serve(t, 90)).url))).standing, "ok");
  const files = ownCertificate(t, 90);
  const plain = createHttps({ cert: readFileSync(files.cert), key: readFileSync(files.key) }).listen(0, "localhost");
  t.after(() => plain.close());
  await new Promise((resolve) => plain.once("listening", resolve));
  const { standing, found } = await http2Finding(new URL(`https://localhost:${(plain.address() as AddressInfo).port}/`));
  assert.deepEqual([standing, found], ["note", "not spoken here"]);
});

test("--behind looks at the proxy's certificate and HTTP/2, too; --insecure lets one of your own pass", {
  skip: withoutOpenssl,
  timeout,
}, async (t) => {
  const files = ownCertificate(t, 90);
  const port = await freePort();
  const proxy = createHttps({ cert: readFileSync(files.cert), key: readFileSync(files.key) }, (request, response) => {
    const headers = { "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https", host: request.headers.host ?? "" };
    const onward = ask({ port, host: "127.0.0.1", path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502);
      answer.on("error", () => response.destroy()).pipe(response);
    });
    onward.on("error", () => response.destroy()).end();
  }).listen(0, "localhost");
  await new Promise((resolve) => proxy.once("listening", resolve));
  t.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const address = `https://localhost:${(proxy.address() as AddressInfo).port}/`;
  const seen = await doctor(t, ["--behind", address, "--port", String(port), "--host", "127.0.0.1", "--insecure"]);
  const { certificate, "HTTP/2": http2, "client's address": told, "streams through the proxy": streams } = seen.standings;
  assert.deepEqual([certificate, http2, told, streams], ["note", "note", "ok", "ok"], JSON.stringify(seen.standings));
});
