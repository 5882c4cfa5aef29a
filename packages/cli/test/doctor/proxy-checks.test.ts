import assert from "node:assert/strict";
import { request as ask, createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { freePort } from "@openline/testkit";
import type { Finding } from "../../src/doctor/finding.ts";
import { proxyFindings } from "../../src/doctor/proxy-checks.ts";

/** A proxy of few words: adds `fields`, passes an upgrade on if it is to, and collects answers if it is to. */
async function proxy(
  t: TestContext,
  to: number,
  {
    fields = {},
    upgrades = true,
    collects = false,
    cuts = false,
  }: { fields?: Record<string, string>; upgrades?: boolean; collects?: boolean; cuts?: boolean },
): Promise<URL> {
  const server = createServer((request, response) => {
    const onward = ask(
      { port: to, host: "127.0.0.1", path: request.url, headers: { ...request.headers, host: "backend:1", ...fields } },
      (answer) => {
        const chunks: Buffer[] = [];
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on("data", (chunk: Buffer) => (collects ? chunks.push(chunk) : response.write(chunk)));
        answer.on("end", () => response.end(Buffer.concat(chunks)));
        answer.on("error", () => response.destroy());
      },
    );
    onward.on("error", () => response.writeHead(502).end());
    onward.end();
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => undefined);
    if (!upgrades) return socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    const onward = connect(to, "127.0.0.1");
    onward.on("error", () => socket.destroy());
    const lines = request.rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${request.rawHeaders[index + 1]}`] : []));
    onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    onward.write(head);
    if (cuts) return onward.once("data", (answer: Buffer) => socket.end(answer, () => onward.destroy()));
    return socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const standings = (findings: readonly Finding[]): unknown[] => findings.map(({ what, standing }) => `${what}: ${standing}`);

test("a proxy that does all it should: address, host, streams, WebSocket", async (t) => {
  const port = await freePort();
  const url = await proxy(t, port, { fields: { "x-forwarded-for": "192.0.2.7" } });
  const findings = await proxyFindings(new URL(url), port, "127.0.0.1");
  assert.deepEqual(standings(findings), [
    "client's address: ok",
    "Host: note",
    "streams through the proxy: ok",
    "WebSocket through the proxy: ok",
  ]);
  assert.match(findings[1]?.found ?? "", /becomes backend:1/);
});

test("one that names no client, collects answers and drops the upgrade: each with the line that mends it", async (t) => {
  const port = await freePort();
  const url = await proxy(t, port, { upgrades: false, collects: true });
  const findings = await proxyFindings(url, port, "127.0.0.1");
  assert.deepEqual(standings(findings), [
    "client's address: warning",
    "Host: note",
    "streams through the proxy: warning",
    "WebSocket through the proxy: fault",
  ]);
  const remedies = findings.map(({ remedy }) => remedy).join("\n");
  for (const line of ["X-Forwarded-For $proxy_add_x_forwarded_for", "proxy_buffering off", "Upgrade $http_upgrade"])
    assert.ok(remedies.includes(line), line);
});

test("a proxy that leads elsewhere is told at once; a port in use is an error of the system", async (t) => {
  const [port, elsewhere] = [await freePort(), await freePort()];
  const [finding] = await proxyFindings(await proxy(t, elsewhere, {}), port, "127.0.0.1");
  assert.deepEqual([finding?.what, finding?.standing], ["proxy", "fault"]);
  const closed = new URL(`http://127.0.0.1:${await freePort()}/`);
  const [unreached] = await proxyFindings(closed, port, "127.0.0.1");
  assert.match(unreached?.found ?? "", /did not reach this port: connect ECONNREFUSED/);
  const taken = createServer().listen(port, "127.0.0.1");
  t.after(() => taken.close());
  await assert.rejects(proxyFindings(new URL("http://127.0.0.1:9/"), port, "127.0.0.1"), { code: "EADDRINUSE" });
});

test("a proxy that lets the handshake through and nothing else is told as such, and not waited for", async (t) => {
  const port = await freePort();
  const findings = await proxyFindings(await proxy(t, port, { cuts: true }), port, "127.0.0.1");
  const { standing, found } = findings.at(-1) ?? {};
  assert.deepEqual([standing, found], ["fault", "opens, and nothing comes back"]);
});
