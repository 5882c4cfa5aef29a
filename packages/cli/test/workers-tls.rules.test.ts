// `openline serve --workers 2 --cert --key`: SIGHUP brings the new certificate to all workers under open clients. The built binary and the real client.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { Client } from "@openline/client";
import { findProgram } from "@openline/testkit";
import { WebSocket } from "@openline/ws";
import { type Listener, listen, until, Writer } from "./nodes-fixture.ts";
import { type Crew, startCrew } from "./workers-fixture.ts";

const openssl = findProgram("openssl");
const withoutOpenssl: string | false = openssl.path === undefined && process.env["CI"] !== "true" ? openssl.reason : false;

/** Believes the certificates that the test makes. */
class TrustingSocket extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols, { rejectUnauthorized: false });
  }
}

/** Two files for `--cert` and `--key` that go with the test, and `renew`, which puts a new pair in them. */
function pem(t: TestContext): { cert: string; key: string; renew: (name: string) => void } {
  const folder = mkdtempSync(join(tmpdir(), "openline-tls-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const renew = (name: string): void => {
    const files = ["-subj", `/CN=${name}`, "-keyout", key, "-out", cert];
    execFileSync(openssl.path ?? "openssl", ["req", "-x509", ...curve, ...files], { stdio: "ignore" });
  };
  return { cert, key, renew };
}

async function nameOn({ port }: Crew): Promise<string> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

/** The names that so many connections in a row are shown. */
async function namesOn(crew: Crew, count: number): Promise<Set<string>> {
  const names = new Set<string>();
  for (let turn = 0; turn < count; turn++) names.add(await nameOn(crew));
  return names;
}

/** How often each client was sent away, and by which close codes. */
function endsOf(all: readonly Listener[]): (number | undefined)[] {
  const ends: (number | undefined)[] = [];
  for (const { client } of all) client.on("state", (state, { code }) => state === "waiting" && ends.push(code));
  return ends;
}

test("SIGHUP with workers brings the new certificate to all of them: each client is told 1012, comes back and recovers; a bad one changes nothing", {
  skip: withoutOpenssl,
}, async (t) => {
  const { cert, key, renew } = pem(t);
  renew("old.example");
  const crew = await startCrew(t, 2, "--cert", cert, "--key", key, "--history-messages", "20000");
  const all: Listener[] = [];
  for (let index = 0; index < 4; index++) {
    const client = new Client(crew.url, { WebSocket: TrustingSocket, reconnect: { minDelayMs: 20, maxDelayMs: 200 } });
    t.after(() => client.close());
    all.push(await listen(client, "lobby"));
  }
  const ends = endsOf(all);
  const writers = all.slice(0, 2).map(({ client }, index) => new Writer(`w${index}`, client));
  await until("they publish", () => writers.every(({ acknowledged }) => acknowledged.length > 20));
  assert.deepEqual(await namesOn(crew, 4), new Set(["old.example"]));

  await t.test("files that are no certificate: the old workers go on with the old one, and nobody notices", async () => {
    writeFileSync(cert, "no certificate");
    crew.started.child.kill("SIGHUP");
    await crew.started.said(/"msg":"a new worker could not begin: the old ones go on"/);
    assert.match(crew.started.err(), /cert\.pem with --key .* cannot be used/);
    assert.deepEqual(await namesOn(crew, 4), new Set(["old.example"]));
    assert.deepEqual(ends, []);
  });

  await t.test("a new certificate: all workers show it, under clients that publish", async () => {
    renew("new.example");
    const before = crew.workers();
    crew.started.child.kill("SIGHUP");
    await crew.started.said(/"msg":"all workers are replaced"/);
    await until("the old ones are gone", () => crew.workers().every((pid) => !before.includes(pid)));
    assert.deepEqual(await namesOn(crew, 4), new Set(["new.example"]));
    await until("all are there", () => all.every(({ client }) => client.state === "connected"));
    assert.deepEqual(new Set(ends), new Set([1012]));
  });

  await Promise.all(writers.map(async (writer) => await writer.stop()));
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  await until("all heard all", () => all.every((listener) => acknowledged.every((data) => listener.data().includes(data))));
  for (const { joins, messages, events } of all) {
    assert.ok(joins.length > 1 && joins.slice(1).every(({ recovered }) => recovered === true));
    assert.equal(new Set(messages.map(({ data }) => data)).size, messages.length, "each once");
    assert.ok(events.every((event) => event.startsWith("left ")));
  }
});
