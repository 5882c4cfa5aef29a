// Rules of RFC 6455 that are no conversation with one tester: masking keys, nonces, TLS, proxies, refusals.
import assert from "node:assert/strict";
import { Agent, type ClientRequestArgs, createServer as createHttpServer, request as httpRequest } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { WebSocket, WebSocketServer } from "@openline/ws";
import { certificate } from "../../packages/ws/test/fixtures/certificate.ts";
import { Opcode } from "./frames.ts";
import { answerText, connectTo, listenOnce, readHead, requestText } from "./opening.ts";
import { Speaker } from "./speaker.ts";

/** A client of ours that echoes, and the tester at the other end. */
async function meetClient(
  t: TestContext,
): Promise<{ client: WebSocket; socket: Socket; head: NonNullable<Awaited<ReturnType<typeof readHead>>> }> {
  const door = await listenOnce();
  const client = new WebSocket(`ws://127.0.0.1:${door.port}/`, { perMessageDeflate: false });
  client.on("error", () => {});
  client.on("message", (data, isBinary) => client.send(data as Buffer, { binary: isBinary }));
  const socket = await door.connection;
  door.close();
  t.after(() => {
    client.terminate();
    socket.destroy();
  });
  return { client, socket, head: (await readHead(socket, 12_000)) ?? assert.fail("no request") };
}

async function openClient(t: TestContext): Promise<{ client: WebSocket; speaker: Speaker }> {
  const { client, socket, head } = await meetClient(t);
  const speaker = new Speaker(socket, "server", undefined, head.rest);
  socket.write(answerText(head, {}));
  return { client, speaker };
}

async function serve(t: TestContext, options: ConstructorParameters<typeof WebSocketServer>[0]): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data as Buffer, { binary: isBinary })));
  await new Promise<void>((resolve) => server.on("listening", resolve));
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("every frame of a client is masked with a key of its own that nothing foretells (RFC 6455 §5.1, §5.3)", async (t) => {
  const { client, speaker } = await openClient(t);
  const count = 2000;
  const payload = Buffer.from("x");
  const frames = Array.from({ length: count }, (_, index) => ({ opcode: index % 2 === 0 ? Opcode.text : Opcode.ping, payload }));
  await speaker.write(speaker.encode(frames));
  for (let index = 0; index < count; index++) assert.ok(["message", "pong"].includes((await speaker.next(2000))?.kind ?? ""));
  client.close(1000);
  assert.equal((await speaker.next(2000))?.kind, "close");
  assert.deepEqual(speaker.faults, []);
  assert.equal(speaker.keys.length, count + 1);
  // Four among 2,001 of 2^32 keys would agree once in 10^13 runs; so would any bit that is set in fewer than a third of them.
  assert.ok(new Set(speaker.keys).size > count - 3, "keys repeat");
  const steps = speaker.keys.slice(1).map((key, index) => (key - (speaker.keys[index] ?? 0)) >>> 0);
  assert.ok(new Set(steps).size > count - 4, "a key follows from the one before");
  for (let bit = 0; bit < 32; bit++) {
    const set = speaker.keys.filter((key) => ((key >>> bit) & 1) === 1).length;
    assert.ok(set > count / 3 && set < (count * 2) / 3, `bit ${bit} is set in ${set} of ${count} keys`);
  }
});

test("no frame of a server is masked (RFC 6455 §5.1)", async (t) => {
  const port = await serve(t, {});
  const socket = await connectTo(port);
  t.after(() => socket.destroy());
  socket.write(requestText("/", port, {}));
  const head = (await readHead(socket, 12_000)) ?? assert.fail("no answer");
  const speaker = new Speaker(socket, "client", undefined, head.rest);
  const payload = Buffer.from("x");
  await speaker.write(
    speaker.encode(
      [Opcode.text, Opcode.binary, Opcode.ping, Opcode.close].map((opcode) => ({
        opcode,
        payload: opcode === 8 ? Buffer.from([3, 232]) : payload,
      })),
    ),
  );
  for (const kind of ["message", "message", "pong", "close"]) assert.equal((await speaker.next(2000))?.kind, kind);
  assert.deepEqual([speaker.faults, speaker.keys], [[], []]);
});

test("a client sends nothing before the server's answer (RFC 6455 §4.1, §6.1)", async (t) => {
  const { client, socket, head } = await meetClient(t);
  for (const early of [() => client.send("early"), () => client.ping()]) {
    try {
      early();
    } catch {
      // Refusing by a throw, as `ws` does, is as good as refusing by a result.
    }
  }
  let bytes = head.rest.length;
  socket.on("data", (chunk: Buffer) => (bytes += chunk.length)).resume();
  await delay(100);
  assert.equal(bytes, 0);
});

test("a client keeps a connection open by itself: it closes when the application or the RFC says so (RFC 6455 §7.1.7, §7.2.1, §7.3)", async (t) => {
  const { client, speaker } = await openClient(t);
  assert.equal(await speaker.next(300), undefined);
  await speaker.write(speaker.encode([{ opcode: Opcode.ping }]));
  assert.equal((await speaker.next(2000))?.kind, "pong");
  assert.equal(client.readyState, WebSocket.OPEN);
});

test("every connection has a nonce of its own, 16 bytes in base64 (RFC 6455 §4.1)", async (t) => {
  const keys = new Set<string>();
  for (let index = 0; index < 8; index++) {
    const key = (await meetClient(t)).head.fields.get("sec-websocket-key") ?? "";
    assert.equal(Buffer.from(key, "base64").toString("base64"), key);
    assert.equal(Buffer.from(key, "base64").length, 16);
    keys.add(key);
  }
  assert.equal(keys.size, 8);
});

async function secureEcho(t: TestContext): Promise<{ port: number; names: string[]; requests: string[] }> {
  const names: string[] = [];
  const requests: string[] = [];
  const https = createHttpsServer({ ...certificate });
  https.on("secureConnection", (socket: TLSSocket) => names.push((socket as TLSSocket & { servername: string }).servername));
  https.on("upgrade", ({ url }) => requests.push(url ?? ""));
  const server = new WebSocketServer({ server: https });
  server.on("connection", (socket) => socket.on("message", (data) => socket.send((data as Buffer).toString())));
  await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    https.close();
  });
  return { port: (https.address() as AddressInfo).port, names, requests };
}

test("a wss client does TLS first, names the server, and sends everything through it (RFC 6455 §4.1, §4.2.2)", async (t) => {
  const { port, names, requests } = await secureEcho(t);
  const client = new WebSocket(`wss://localhost:${port}/secret`, { ca: certificate.cert, family: 4 });
  t.after(() => client.terminate());
  await new Promise((resolve, reject) => client.on("open", resolve as () => void).on("error", reject));
  client.send("through TLS");
  const echo = await new Promise((resolve) => client.on("message", (data) => resolve((data as Buffer).toString())));
  assert.deepEqual([echo, names, requests], ["through TLS", ["localhost"], ["/secret"]]);
});

test("a certificate that cannot be verified fails the connection before any request (RFC 6455 §4.1)", async (t) => {
  const { port, requests } = await secureEcho(t);
  const client = new WebSocket(`wss://127.0.0.1:${port}/`);
  const errors: Error[] = [];
  client.on("error", (error: Error) => errors.push(error));
  const code = await new Promise((resolve) => client.on("close", resolve));
  assert.equal(code, 1006);
  assert.match(String((errors[0] as Error & { code?: string }).code), /CERT/);
  assert.deepEqual(requests, []);
});

test("a proxy's agent opens the connection with CONNECT, and the client speaks through it (RFC 6455 §4.1)", async (t) => {
  const port = await serve(t, {});
  const asked: string[] = [];
  const proxy = createHttpServer().on("connect", ({ url = "" }, socket: Duplex) => {
    asked.push(url);
    const upstream = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 Connection Established\r\n\r\n"));
    upstream
      .on("error", () => {})
      .pipe(socket.on("error", () => {}))
      .pipe(upstream);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => proxy.close());
  class ProxyAgent extends Agent {
    override createConnection(options: ClientRequestArgs, done: (error: Error | null, socket?: Duplex) => void): undefined {
      const path = `${options.host}:${options.port}`;
      const tunnel = httpRequest({ port: (proxy.address() as AddressInfo).port, method: "CONNECT", path, host: "127.0.0.1" });
      tunnel
        .on("connect", (_, socket) => done(null, socket))
        .on("error", done)
        .end();
    }
  }
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, { agent: new ProxyAgent() });
  t.after(() => client.terminate());
  await new Promise((resolve, reject) => client.on("open", resolve as () => void).on("error", reject));
  client.send("through the proxy");
  const echo = await new Promise((resolve) => client.on("message", (data) => resolve((data as Buffer).toString())));
  assert.deepEqual([echo, asked], ["through the proxy", [`127.0.0.1:${port}`]]);
});

async function statusOf(port: number, changes: Record<string, string | undefined>, path = "/"): Promise<number> {
  const socket = await connectTo(port);
  socket.write(requestText(path, port, changes));
  const head = await readHead(socket, 12_000);
  socket.destroy();
  return Number(head?.line.split(" ")[1]);
}

test("a page of an origin that is not allowed is answered 403, one that is allowed 101 (RFC 6455 §4.2.2)", async (t) => {
  const port = await serve(t, { origins: ["https://good.example"] });
  assert.equal(await statusOf(port, { Origin: "https://good.example" }), 101);
  assert.equal(await statusOf(port, { Origin: "https://bad.example" }), 403);
  assert.equal(await statusOf(port, { Origin: "https://good.example.bad.example" }), 403);
});

test("a request without Origin is not taken for a page's: only pages are held to the origins allowed (RFC 6455 §4.2.1)", async (t) => {
  const port = await serve(t, { origins: ["https://good.example"] });
  assert.equal(await statusOf(port, {}), 101);
});

test("a request for another path than the server's is answered with an error (RFC 6455 §4.2.2)", async (t) => {
  const port = await serve(t, { path: "/chat" });
  assert.equal(await statusOf(port, {}, "/chat"), 101);
  assert.ok([400, 404].includes(await statusOf(port, {}, "/elsewhere")));
});

test("a control frame that a caller wants to send is one frame, whatever the fragment size (RFC 6455 §5.4, §5.5)", async (t) => {
  const { client, speaker } = await openClient(t);
  await new Promise((resolve) => (client.readyState === WebSocket.OPEN ? resolve(undefined) : client.on("open", resolve as () => void)));
  client.send("begin", { fin: false });
  client.ping("x".repeat(125));
  client.pong("y".repeat(125));
  client.send("end", { fin: true });
  const kinds = [];
  for (let index = 0; index < 3; index++) kinds.push((await speaker.next(2000))?.kind);
  assert.deepEqual([kinds, speaker.faults], [["ping", "pong", "message"], []]);
});
