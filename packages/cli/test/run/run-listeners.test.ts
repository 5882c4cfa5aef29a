import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { freePort } from "@openline/testkit";
import { CommandFailure } from "../../src/failure.ts";
import type { RunFlagValues } from "../../src/run/run-flags.ts";
import { openRunListeners, type RunListening } from "../../src/run/run-listeners.ts";
import { settingsOf, temporaryFolder } from "./run-fixture.ts";

async function listen(t: TestContext, flags: RunFlagValues): Promise<RunListening> {
  const listening = await openRunListeners(settingsOf(flags), (server) => server.on("request", (_, response) => response.end("here")));
  t.after(() => {
    for (const server of listening.servers) server.close();
  });
  return listening;
}

test("R26: by default both loopback addresses, one port, nothing else", async (t) => {
  const { servers, urls } = await listen(t, { port: "0" });
  const addresses = servers.map((server) => server.address() as AddressInfo);
  assert.deepEqual(new Set(addresses.map(({ port }) => port)).size, 1);
  assert.ok(addresses.every(({ address }) => address === "127.0.0.1" || address === "::1"));
  assert.deepEqual(urls, [`ws://localhost:${addresses[0]?.port}/`]);
});

test("--address, again for more, IPv6 in brackets, all on one port", async (t) => {
  const { urls } = await listen(t, { port: "0", address: ["127.0.0.1", "[::1]"] });
  const [, port] = /:(\d+)\/$/.exec(urls[0] ?? "") ?? [];
  assert.deepEqual(urls, [`ws://127.0.0.1:${port}/`, `ws://[::1]:${port}/`]);
});

test("a port that is taken is one line that names it, and exit code 3", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  await assert.rejects(
    listen(t, { port: String(port), address: ["127.0.0.1"] }),
    (error) => error instanceof CommandFailure && error.exitCode === 3 && error.message.includes(`port ${port} is in use`),
  );
});

test("--redirport answers 301 to the first port, also without a port in Host", async (t) => {
  const redirport = await freePort();
  const { urls } = await listen(t, { port: "0", address: ["127.0.0.1"], redirport: String(redirport) });
  const [, port] = /:(\d+)\/$/.exec(urls[0] ?? "") ?? [];
  const request = httpRequest({ port: redirport, host: "127.0.0.1", path: "/deep", headers: { Host: "chat.example" } }).end();
  const [response] = (await once(request, "response")) as [{ statusCode: number; headers: { location: string }; resume(): void }];
  response.resume();
  assert.deepEqual([response.statusCode, response.headers.location], [301, `http://chat.example:${port}/`]);
});

test("--unixsocket: only the socket, mode 755; a stale file is replaced, a live one refused with 3", async (t) => {
  const path = join(temporaryFolder(t), "run.sock");
  const { urls, servers } = await listen(t, { unixsocket: path });
  assert.deepEqual([urls, servers.length, statSync(path).mode & 0o777], [[`unix:${path}`], 1, 0o755]);
  const request = httpRequest({ socketPath: path, path: "/" }).end();
  assert.equal(((await once(request, "response")) as [{ statusCode: number; resume(): unknown }])[0].statusCode, 200);
  await assert.rejects(listen(t, { unixsocket: path }), (error) => error instanceof CommandFailure && error.exitCode === 3);
  const stale = join(temporaryFolder(t), "stale.sock");
  spawnSync(process.execPath, [
    "-e",
    `require("node:net").createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, "SIGKILL"))`,
  ]);
  assert.ok(statSync(stale).isSocket());
  assert.deepEqual((await listen(t, { unixsocket: stale })).urls, [`unix:${stale}`]);
});

test("--unixsocket: a path that the system would cut, and one in a folder that is not there, are refused with 3 and named", async (t) => {
  const folder = temporaryFolder(t);
  for (const [path, message] of [
    [join(folder, "s".repeat(120)), /^--unixsocket: a socket's path has at most 10[37] bytes, this one has \d{3}: .*sss$/],
    [join(folder, "none", "run.sock"), /^cannot listen on .*run\.sock: there is no folder .*none$/],
  ] as const)
    await assert.rejects(
      listen(t, { unixsocket: path }),
      (error) => error instanceof CommandFailure && error.exitCode === 3 && message.test(error.message),
    );
  assert.deepEqual(readdirSync(folder), []);
});

test("TLS 1.2 at least; with --sslca clients must show a certificate; a file that is none is exit code 1", async (t) => {
  const folder = temporaryFolder(t);
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "1",
      ...subject,
      "-keyout",
      files.key,
      "-out",
      files.cert,
    ],
    { stdio: "ignore" },
  );
  const flags = { ssl: true, sslcert: files.cert, sslkey: files.key, port: "0", address: ["127.0.0.1"] };
  const ask = async (url: string, options: object): Promise<number> => {
    const request = httpsRequest(url.replace("wss", "https"), { rejectUnauthorized: false, ...options }).end();
    const [response] = (await once(request, "response")) as [{ statusCode: number; resume(): void }];
    response.resume();
    return response.statusCode;
  };
  const { urls } = await listen(t, flags);
  assert.equal(await ask(urls[0] ?? "", {}), 200);
  await assert.rejects(ask(urls[0] ?? "", { maxVersion: "TLSv1.1", minVersion: "TLSv1" }));
  const strict = await listen(t, { ...flags, sslca: files.cert });
  await assert.rejects(ask(strict.urls[0] ?? "", {}));
  assert.equal(await ask(strict.urls[0] ?? "", { cert: readFileSync(files.cert), key: readFileSync(files.key) }), 200);
  writeFileSync(join(folder, "none"), "no certificate");
  await assert.rejects(
    listen(t, { ...flags, sslcert: join(folder, "none") }),
    (error) => error instanceof CommandFailure && error.exitCode === 1,
  );
});
