import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { findProgram, freePort } from "@openline/testkit";
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from "@openline/ws";
import { certificate } from "../interop/http2-certificate.ts";
import { startProxyProcess } from "./proxy-process.ts";

const program = findProgram("haproxy");
const skip = program.path === undefined && program.reason;

/** What HAProxy speaks on either side. */
interface Way {
  readonly name: string;
  readonly front: string;
  readonly back: string;
  readonly options: ServerOptions;
  readonly client: ClientOptions;
  readonly scheme: "ws" | "wss";
  /** TCP connections to us for five sockets, and the version that our listeners see. */
  readonly connections: number;
  readonly version: string;
}

const trusting: ClientOptions = { rejectUnauthorized: false };
const ways: readonly Way[] = [
  {
    name: "HTTP/2 in front and behind",
    front: "proto h2",
    back: "proto h2",
    options: { http2: true },
    client: { http2: true },
    scheme: "ws",
    connections: 1,
    version: "2.0",
  },
  {
    name: "HTTP/2 over TLS in front and behind",
    front: "ssl crt FOLDER/both.pem alpn h2,http/1.1",
    back: "ssl verify none alpn h2 ws h2",
    options: { tls: certificate },
    client: { http2: true, ...trusting },
    scheme: "wss",
    connections: 1,
    version: "2.0",
  },
  {
    name: "HTTP/2 in front, HTTP/1.1 behind",
    front: "ssl crt FOLDER/both.pem alpn h2,http/1.1",
    back: "",
    options: {},
    client: { http2: true, ...trusting },
    scheme: "wss",
    connections: 5,
    version: "1.1",
  },
  {
    name: "HTTP/1.1 in front, HTTP/2 behind",
    front: "",
    back: "proto h2",
    options: { http2: true },
    client: {},
    scheme: "ws",
    connections: 1,
    version: "2.0",
  },
];

async function through(t: TestContext, way: Way, options: ServerOptions): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...way.options, ...options });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const front = await freePort();
  const proxy = await startProxyProcess({
    name: "haproxy",
    configuration: (folder) => {
      writeFileSync(join(folder, "both.pem"), Buffer.concat([certificate.cert, certificate.key]));
      return configuration(way, front, port).replaceAll("FOLDER", folder);
    },
    args: (_folder, file) => ["-db", "-f", file],
    port: front,
  });
  t.after(async () => {
    await proxy.stop();
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { server, url: `${way.scheme}://127.0.0.1:${front}` };
}

const configuration = ({ front, back }: Way, frontPort: number, port: number): string => `
global
  maxconn 256
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout tunnel 2s
frontend in
  bind 127.0.0.1:${frontPort} ${front}
  default_backend out
backend out
  http-reuse always
  server only 127.0.0.1:${port} ${back}
`;

for (const way of ways)
  for (const secure of [false, true])
    test(`${way.name}: HAProxy passes sockets, sizes, compression and close codes, ${secure ? "secure" : "ws"} profile (RFC 8441 §7)`, {
      skip,
    }, async (t) => {
      const { server, url } = await through(t, way, { secure, perMessageDeflate: true, maxPayload: 200_000 });
      const ports = new Set<unknown>();
      const versions = new Set<string>();
      const closed: Promise<unknown[]>[] = [];
      server.on("connection", (socket, request) => {
        ports.add(request.socket.remotePort);
        versions.add(request.httpVersion);
        socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
        closed.push(once(socket, "close"));
      });
      const sockets: WebSocket[] = [];
      t.after(() => sockets.map((socket) => socket.terminate()));
      // One after the other: it only shares a connection that stands.
      for (let at = 0; at < 5; at++) {
        const socket = new WebSocket(`${url}/chat`, ["chat"], way.client);
        sockets.push(socket);
        await once(socket, "open");
      }
      for (const { protocol, extensions } of sockets) assert.deepEqual([protocol, extensions], ["chat", "permessage-deflate"]);
      for (const size of [1, 126, 100_000]) {
        const answers = sockets.map((socket) => once(socket, "message"));
        for (const [at, socket] of sockets.entries()) socket.send(`${at}`.repeat(size));
        for (const [at, [data]] of (await Promise.all(answers)).entries()) assert.equal(String(data), `${at}`.repeat(size));
      }
      const ends = sockets.map((socket) => once(socket, "close"));
      for (const [at, socket] of sockets.entries()) socket.close(4000 + at, "done");
      assert.deepEqual(
        (await Promise.all(ends)).map(([code]) => code),
        [4000, 4001, 4002, 4003, 4004],
      );
      const codes = (await Promise.all(closed)).map(([code]) => code);
      assert.deepEqual(codes.toSorted(), [4000, 4001, 4002, 4003, 4004]);
      assert.deepEqual([...versions], [way.version]);
      assert.equal(ports.size, way.connections, "TCP connections behind the proxy");
    });

test("a heartbeat keeps a socket over HTTP/2 through HAProxy alive beyond its timeout of 2 s; without one it is cut (R4)", {
  skip,
}, async (t) => {
  const [way] = ways;
  assert.ok(way !== undefined);
  const beating = await through(t, way, { heartbeat: { intervalMs: 500, timeoutMs: 4000 } });
  const quiet = await through(t, way, {});
  const kept = new WebSocket(beating.url, way.client);
  const cut = new WebSocket(quiet.url, way.client);
  t.after(() => kept.terminate());
  await Promise.all([once(kept, "open"), once(cut, "open")]);
  assert.equal((await once(cut, "close"))[0], 1006);
  await new Promise((resolve) => setTimeout(resolve, 2500)); // well over the timeout, on the proxy's clock
  assert.equal(kept.readyState, WebSocket.OPEN);
});

test("a refusal comes through as its status, and a drain as its close code (R8, R14)", { skip }, async (t) => {
  const [way] = ways;
  assert.ok(way !== undefined);
  const { server, url } = await through(t, way, { path: "/chat" });
  const refused = new WebSocket(`${url}/other`, way.client);
  const [error] = (await once(refused, "error")) as [Error];
  assert.equal(error.message, "Unexpected server response: 400");
  const socket = new WebSocket(`${url}/chat`, way.client);
  await once(socket, "open");
  const end = once(socket, "close");
  const drained = server.close({ code: 1012 });
  assert.equal((await end)[0], 1012);
  assert.deepEqual(await drained, { closed: 1, terminated: 0 });
});
