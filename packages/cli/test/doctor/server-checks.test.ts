import assert from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createServer } from "@openline/server";
import type { Finding } from "../../src/doctor/finding.ts";
import { serverFindings } from "../../src/doctor/server-checks.ts";

const standings = (findings: readonly Finding[]): object => Object.fromEntries(findings.map(({ what, standing }) => [what, standing]));

test("a server that is well: name, health, clock, WebSocket", async (t) => {
  const server = createServer({ port: 0, basePath: "/live/", logLevel: "silent" });
  const { port } = await server.listen();
  t.after(() => server.close({ graceMs: 0 }));
  const findings = await serverFindings(new URL(`http://localhost:${port}/live/`));
  assert.deepEqual(standings(findings), { name: "ok", server: "ok", clock: "ok", WebSocket: "ok" });
});

test("a clock that is wrong is seen by the server's Date", async (t) => {
  const server = createServer({ port: 0, logLevel: "silent" });
  const { port } = await server.listen();
  t.after(() => server.close({ graceMs: 0 }));
  const findings = await serverFindings(new URL(`http://localhost:${port}/`), false, Date.now() - 600_000);
  const clock = findings.find(({ what }) => what === "clock");
  assert.equal(clock?.standing, "warning");
  assert.match(clock?.found ?? "", /(?:10 min|9 min 5\d s).* apart/);
});

test("a proxy that drops the upgrade is a fault with the lines that it lacks", async (t) => {
  const proxy = createHttp((request, response) => {
    const isHealth = request.url === "/health";
    response
      .writeHead(isHealth ? 200 : 426, { "content-type": "application/json" })
      .end(JSON.stringify({ status: "ok", connections: 0, uptimeSeconds: 5 }));
  }).listen(0);
  proxy.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  t.after(() => proxy.close());
  const findings = await serverFindings(new URL(`http://localhost:${(proxy.address() as AddressInfo).port}/`));
  const found = findings.find(({ what }) => what === "WebSocket");
  assert.equal(found?.standing, "fault");
  assert.match(found?.remedy ?? "", /proxy_set_header Upgrade/);
});

test("another program, a host that is not served, and nothing at all are faults that say what they look like", async (t) => {
  const other = createHttp((request, response) =>
    response.writeHead(request.headers.host?.startsWith("127.") ? 421 : 404).end("no"),
  ).listen(0);
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const serverOf = async (url: string): Promise<string> =>
    (await serverFindings(new URL(url))).find(({ what }) => what === "server")?.found ?? "";
  assert.match(await serverOf(`http://localhost:${port}/`), /answered 404, and not as ours does/);
  assert.match(await serverOf(`http://127.0.0.1:${port}/`), /does not serve under this host/);
  assert.match(await serverOf("http://127.0.0.1:9/"), /does not answer: connect ECONNREFUSED 127.0.0.1:9/);
  const [name] = await serverFindings(new URL("http://no-such-host.invalid/"));
  assert.deepEqual([name?.what, name?.standing], ["name", "fault"]);
});
