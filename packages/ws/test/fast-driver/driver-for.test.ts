import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { connect as tlsConnect, createServer as tlsServer } from "node:tls";
import { duplexPair } from "@openline/testkit";
import { driverFor, driverSupport } from "../../src/fast-driver/driver-for.ts";
import { HandleDriver } from "../../src/fast-driver/handle-driver.ts";
import { StreamDriver } from "../../src/stream-driver.ts";
import { certificate } from "../fixtures/certificate.ts";
import { tcpPair } from "../fixtures/tcp-pair.ts";

await driverSupport();

test("a TCP socket gets the fast driver when it is wanted, at either end", async (t) => {
  const { near, far } = await tcpPair(t);
  assert.ok(driverFor(near, "fast") instanceof HandleDriver);
  assert.ok(driverFor(far, "auto") instanceof HandleDriver);
  assert.ok(driverFor(near, "portable") instanceof StreamDriver);
});

const others: [what: string, make: (t: TestContext) => Promise<Duplex>][] = [
  ["a TLS socket", tlsSocket],
  ["a Unix domain socket", pipeSocket],
  ["a pair of streams", async () => duplexPair()[0]],
  ["a socket with a data listener of its own", async (t) => (await tcpPair(t)).near.on("data", () => undefined)],
  ["a socket with a readable listener of its own", async (t) => (await tcpPair(t)).near.on("readable", () => undefined)],
  ["a socket with an encoding", async (t) => (await tcpPair(t)).near.setEncoding("latin1")],
  ["a destroyed socket", async (t) => (await tcpPair(t)).near.destroy()],
  ["a socket that reads into a buffer of its own", ownBuffer],
  ["a socket whose class somebody extended", subclass],
];

for (const [what, make] of others) {
  test(`${what} gets the portable driver`, async (t) => {
    assert.ok(driverFor(await make(t), "fast") instanceof StreamDriver);
  });
}

async function tlsSocket(t: TestContext): Promise<Duplex> {
  const server = tlsServer(certificate).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const socket = tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  t.after(() => {
    socket.destroy();
    server.close();
  });
  await once(socket, "secureConnect");
  return socket;
}

async function pipeSocket(t: TestContext): Promise<Duplex> {
  const path = join(tmpdir(), `openline-driver-for-${process.pid}.sock`);
  const server = createServer().listen(path);
  await once(server, "listening");
  const socket = connect(path);
  t.after(() => {
    socket.destroy();
    server.close();
  });
  await once(socket, "connect");
  return socket;
}

async function connectedTo(t: TestContext, make: (port: number) => Socket): Promise<Socket> {
  const { server } = await tcpPair(t);
  const socket = make((server.address() as { port: number }).port);
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function ownBuffer(t: TestContext): Promise<Duplex> {
  return connectedTo(t, (port) => connect({ port, host: "127.0.0.1", onread: { buffer: Buffer.alloc(100), callback: () => true } }));
}

async function subclass(t: TestContext): Promise<Duplex> {
  const { Socket: Base } = await import("node:net");
  class Mine extends Base {}
  return connectedTo(t, (port) => new Mine().connect(port, "127.0.0.1"));
}
