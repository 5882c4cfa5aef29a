import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { openListeners, portOf, reachableNames } from "../src/listeners.ts";

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === "::1");
const create = (): Server => createServer((_request, response) => response.end("ok"));
const close = (servers: Server[]): Promise<unknown> =>
  Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));

test("localhost listens on both loopback addresses with one port", async () => {
  const servers = await openListeners({ host: "localhost", port: 0, create });
  const addresses = servers.map((server) => server.address());
  assert.equal(servers.length, hasIpv6 ? 2 : 1);
  assert.equal(new Set(servers.map(portOf)).size, 1);
  for (const address of addresses)
    assert.ok(typeof address === "object" && address !== null && ["127.0.0.1", "::1"].includes(address.address));
  await close(servers);
});

test("an address listens on that address only", async () => {
  const servers = await openListeners({ host: "127.0.0.1", port: 0, create });
  assert.equal(servers.length, 1);
  await close(servers);
});

test("a port in use is said with the system's code, and nothing is left open", async () => {
  const [taken] = await openListeners({ host: hasIpv6 ? "::1" : "127.0.0.1", port: 0, create });
  const made: Server[] = [];
  const attempt = openListeners({
    host: "localhost",
    port: portOf(taken) ?? 0,
    create: () => {
      const server = create();
      made.push(server);
      return server;
    },
  });
  await assert.rejects(attempt, { code: "EADDRINUSE" });
  assert.deepEqual(
    made.map((server) => server.listening),
    made.map(() => false),
  );
  await close(taken === undefined ? [] : [taken]);
});

test("an address that is not this machine's is refused", async () => {
  await assert.rejects(openListeners({ host: "192.0.2.1", port: 0, create }), { code: "EADDRNOTAVAIL" });
});

test("the names of localhost are itself and its addresses, an address is its own name, IPv6 stands in brackets", async () => {
  const servers = await openListeners({ host: "localhost", port: 0, create });
  assert.deepEqual(reachableNames("localhost", servers), ["localhost", "127.0.0.1", "[::1]"].slice(0, servers.length + 1));
  assert.deepEqual(reachableNames("10.0.0.5", []), ["10.0.0.5"]);
  assert.deepEqual(reachableNames("fd00::5", []), ["[fd00::5]"]);
  await close(servers);
});

test("the names of a wildcard are localhost and the machine's addresses to the outside", () => {
  const names = reachableNames("0.0.0.0", []);
  assert.equal(names[0], "localhost");
  for (const name of names.slice(1)) assert.ok(isIPv4(name) && !name.startsWith("127."), name);
});
