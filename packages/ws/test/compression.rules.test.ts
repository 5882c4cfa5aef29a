// Compression over real sockets: our endpoint with itself, with npm `ws` and with undici (RFC 7692).
import assert from "node:assert/strict";
import { once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import type { AddressInfo, Socket } from "node:net";
import { type TestContext, test } from "node:test";
import zlib from "node:zlib";
import * as fc from "fast-check";
import { WebSocket as Undici } from "undici";
import { broadcast, prepare } from "../src/broadcast.ts";
import type { PerMessageDeflateOptions } from "../src/deflate/deflate-settings.ts";
import { zlibQueue } from "../src/deflate/zlib-queue.ts";
import type { EndpointExtension, MessageCodec } from "../src/message-codec.ts";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { prose } from "./fixtures/codec.ts";
import { ws as npm } from "./fixtures/npm-ws.ts";
import { closed, listen, messages, openPair } from "./fixtures/pair.ts";
import { maskedFrame, rawConnect, upgradeRequest } from "./fixtures/raw-client.ts";
import { until } from "./fixtures/until.ts";

const ours = { WebSocket, WebSocketServer };
const ways = [
  ["our client, server of ws", ours, npm],
  ["client of ws, our server", npm, ours],
  ["both ours", ours, ours],
] as const;

const choices: readonly PerMessageDeflateOptions[] = [undefined, true].flatMap((serverNoContextTakeover) =>
  [undefined, true].flatMap((clientNoContextTakeover) =>
    [undefined, 10].flatMap((serverMaxWindowBits) =>
      [undefined, 10].map((clientMaxWindowBits) => ({
        serverNoContextTakeover,
        clientNoContextTakeover,
        serverMaxWindowBits,
        clientMaxWindowBits,
        threshold: 0,
      })),
    ),
  ),
);

const traffic = [
  "",
  "a",
  "Grüße, 世界",
  prose(1500).toString(),
  prose(1500).toString(),
  prose(40_000).toString(),
  prose(20),
  prose(70_000),
  prose(3),
];

for (const [name, theClient, theServer] of ways) {
  test(`${name}: every combination of parameters on both sides carries messages both ways (RFC 7692 §7.1)`, async () => {
    for (const perMessageDeflate of choices) {
      const server = new theServer.WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate });
      await once(server, "listening");
      server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await Promise.all(choices.map((mine) => echoesAll(new theClient.WebSocket(url, { perMessageDeflate: mine }))));
      server.close();
    }
  });
}

async function echoesAll(client: WebSocket): Promise<void> {
  await once(client, "open");
  assert.equal(client.extensions, "permessage-deflate");
  for (const message of traffic) client.send(message);
  assert.deepEqual(await messages(client, traffic.length), traffic);
  client.close();
  await once(client, "close");
}

const hopeless: readonly [server: PerMessageDeflateOptions, client: PerMessageDeflateOptions][] = [
  [{ serverNoContextTakeover: false }, { serverNoContextTakeover: true }],
  [{ serverMaxWindowBits: false }, { serverMaxWindowBits: 10 }],
  [{ serverMaxWindowBits: 12 }, { serverMaxWindowBits: 10 }],
  [{ clientMaxWindowBits: 12 }, { clientMaxWindowBits: 10 }],
  [{ clientMaxWindowBits: 12 }, { clientMaxWindowBits: false }],
  [{ clientNoContextTakeover: true }, { clientNoContextTakeover: false }],
  [{ serverNoContextTakeover: true }, { serverNoContextTakeover: false }],
];

for (const [server, client] of hopeless) {
  test(`a server with ${JSON.stringify(server)} and a client with ${JSON.stringify(client)} end as with ws on both sides`, async () => {
    const outcomes: string[] = [];
    for (const [, theClient, theServer] of [["both of ws", npm, npm] as const, ...ways]) {
      const listening = new theServer.WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: server });
      await once(listening, "listening");
      const socket = new theClient.WebSocket(`ws://127.0.0.1:${(listening.address() as AddressInfo).port}`, { perMessageDeflate: client });
      outcomes.push(
        await new Promise((resolve) =>
          socket.on("open", () => resolve(`open ${socket.extensions}`)).on("error", (error) => resolve(error.message)),
        ),
      );
      socket.terminate();
      listening.close();
    }
    assert.deepEqual(outcomes, Array(4).fill(outcomes[0]));
  });
}

test("undici reads what our server compresses, and ours reads undici", async (t) => {
  for (const perMessageDeflate of [true, { serverNoContextTakeover: true }, { threshold: 0, clientNoContextTakeover: true }]) {
    const { server, url } = await listen(t, { perMessageDeflate });
    server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
    const client = new Undici(url);
    client.binaryType = "arraybuffer";
    await new Promise((resolve) => client.addEventListener("open", resolve));
    assert.match(client.extensions, /^permessage-deflate/);
    const got: unknown[] = [];
    client.addEventListener("message", ({ data }) => got.push(data instanceof ArrayBuffer ? Buffer.from(data) : data));
    for (const message of traffic) client.send(message);
    await until(() => got.length === traffic.length);
    assert.deepEqual(got, traffic);
    client.close();
    await new Promise((resolve) => client.addEventListener("close", resolve));
  }
});

for (const how of ["private", "public"]) {
  test(`the order is kept when small and large, compressed and plain messages follow each other, with zlib's ${how} entry points`, async (t) => {
    if (how === "public") process.env["OPENLINE_ZLIB"] = "public";
    t.after(() => delete process.env["OPENLINE_ZLIB"]);
    for (const takeover of [true, false]) {
      const perMessageDeflate = { threshold: 10, serverNoContextTakeover: !takeover, clientNoContextTakeover: !takeover };
      const { client, socket } = await openPair(t, { perMessageDeflate }, { perMessageDeflate });
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary, compress: (data as Buffer).length % 2 === 0 }));
      const sent = [5, 100_000, 11, 300_001, 9, 40_000, 12, 12, 33_000, 0, 7, 1_000_000, 1].map((size) => prose(size).toString());
      for (const [index, message] of sent.entries()) client.send(message, { compress: index % 3 !== 2 });
      assert.deepEqual(await messages(client, sent.length), sent);
    }
  });
}

test("a message in fragments is compressed as one, with pings between them (RFC 7692 §7.2.1)", async (t) => {
  const options = { perMessageDeflate: { threshold: 10 } };
  const { client, socket } = await openPair(t, options, options);
  const pinged = once(socket, "ping");
  const parts = [prose(50_000), prose(100), Buffer.alloc(0), prose(40_000)].map(String);
  for (const [index, part] of parts.entries()) {
    client.send(part, { fin: index === parts.length - 1 });
    if (index === 0) client.ping("between");
  }
  client.send("whole");
  assert.deepEqual(await messages(socket, 2), [parts.join(""), "whole"]);
  assert.equal(String((await pinged)[0]), "between");
});

test("close behind a message that is still being compressed: the message arrives, then the close frame (RFC 6455 §5.5.1)", async (t) => {
  const { client, socket } = await openPair(t, { perMessageDeflate: true });
  const arrived = messages(socket, 1);
  const end = closed(socket);
  client.send(prose(3_000_000));
  client.close(1000, "bye");
  assert.deepEqual(await arrived, [prose(3_000_000)]);
  assert.deepEqual(await end, [1000, "bye"]);
});

test("terminate while a message is inflated: close with 1006, no message, and the thread pool is left", async (t) => {
  const { client, socket } = await openPair(t, { perMessageDeflate: true });
  socket.on("message", () => assert.fail("a message"));
  // oxlint-disable-next-line eslint/no-underscore-dangle -- the name that ws gave it
  const transport = socket._socket as Socket;
  const before = transport.bytesRead;
  client.send(Buffer.alloc(90 << 20));
  await until(() => transport.bytesRead > before && zlibQueue.running > 0);
  const ends = [closed(socket), closed(client)];
  socket.terminate();
  assert.deepEqual(await Promise.all(ends), [
    [1006, ""],
    [1006, ""],
  ]);
  assert.equal(zlibQueue.running, 0);
});

test("the peer's end while a message is inflated: the message comes, then close", async (t) => {
  const { client, socket } = await openPair(t, { perMessageDeflate: true });
  const arrived = messages(socket, 1);
  const end = closed(socket);
  client.send(Buffer.alloc(20 << 20), () => client.terminate());
  assert.equal(((await arrived)[0] as Buffer).length, 20 << 20);
  assert.equal((await end)[0], 1006);
});

test("pause and resume while messages are inflated lose nothing", async (t) => {
  const { client, socket } = await openPair(t, { perMessageDeflate: true });
  const sent = [200_000, 10, 300_000, 20, 5000].map((size) => prose(size));
  for (const message of sent) client.send(message);
  const got: unknown[] = [];
  socket.on("message", (data) => {
    got.push(data);
    socket.pause();
    setImmediate(() => socket.resume());
  });
  await until(() => got.length === sent.length);
  assert.deepEqual(got, sent);
});

test("contexts of a connection are closed with it (RFC 7692 §7.1.1)", async (t) => {
  const made: (zlib.DeflateRaw | zlib.InflateRaw)[] = [];
  for (const method of ["createDeflateRaw", "createInflateRaw"] as const) {
    const create = zlib[method];
    t.mock.method(zlib, method, (options?: zlib.ZlibOptions) => {
      const stream = create(options);
      made.push(stream);
      return stream;
    });
  }
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  for (const end of ["close", "terminate"] as const) {
    const { client, socket } = await openPair(t, { perMessageDeflate: true });
    socket.on("message", (data) => socket.send(data));
    client.send(prose(2000));
    await messages(client, 1);
    const ends = [closed(client), closed(socket)];
    client[end]();
    await Promise.all(ends);
  }
  assert.equal(made.length, 8);
  assert.deepEqual(
    made.map((stream) => stream.destroyed),
    made.map(() => true),
  );
});

test("a bomb fails the connection with 1009 while it is inflated, wrong data with 1007 (RFC 6455 §7.4.1, RFC 7692 §8)", async (t) => {
  const { server, client, socket } = await openPair(t, { perMessageDeflate: true, maxPayload: 65_536 });
  const failed = once(socket, "error");
  const end = closed(client);
  client.send(Buffer.alloc(50 << 20));
  assert.equal((await end)[0], 1009);
  assert.equal(((await failed)[0] as { code: string }).code, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
  const next = once(server, "connection");
  const raw = await upgraded(t, (server.address() as AddressInfo).port, "permessage-deflate");
  const [other] = (await next) as [WebSocket];
  const wrong = once(other, "error");
  raw.socket.write(maskedFrame(0x41, Buffer.from("ffffff", "hex")));
  assert.equal(((await wrong)[0] as { code: string }).code, "WS_ERR_INVALID_COMPRESSED_DATA");
  assert.deepEqual(await once(raw.socket, "data"), [Buffer.from("880203ef", "hex")]);
});

/** A raw connection after an opening handshake with these offers, and the answer. */
async function upgraded(t: TestContext, port: number, offers: string): Promise<{ socket: Socket; head: string }> {
  const socket = await rawConnect(t, port);
  socket.write(upgradeRequest({ "Sec-WebSocket-Extensions": offers }));
  const [head] = (await once(socket, "data")) as [Buffer];
  return { socket, head: head.toString("latin1") };
}

test("below the threshold nothing is compressed, from it on everything, and nothing that is sent with compress: false (RFC 7692 §6)", async (t) => {
  const { server, port } = await listen(t, { perMessageDeflate: { serverNoContextTakeover: true } });
  server.on("connection", (socket) => {
    socket.send("x".repeat(1023));
    socket.send("x".repeat(1024));
    socket.send("x".repeat(1024), { compress: false });
    socket.send("last", { fin: false });
    socket.send("", { fin: true });
    socket.close();
  });
  const socket = await rawConnect(t, port);
  socket.write(upgradeRequest({ "Sec-WebSocket-Extensions": "permessage-deflate" }));
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])));
  await until(() => bytes.includes(Buffer.from("last\x80\x00", "latin1")));
  const frames = bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
  assert.equal(frames.toString("hex", 0, 4), "817e03ff");
  const second = frames.subarray(4 + 1023);
  assert.equal(second[0], 0xc1);
  const third = second.subarray(2 + (second[1] ?? 0));
  assert.equal(third.toString("hex", 0, 4), "817e0400");
});

const plain = /^HTTP\/1\.1 101 (?![\s\S]*Sec-WebSocket-Extensions)/;
const refused = /^HTTP\/1\.1 400 /;
const offers = [
  [
    "permessage-deflate; server_max_window_bits=9, permessage-deflate",
    {},
    "with the first",
    /permessage-deflate; server_max_window_bits=9\r\n/,
  ],
  ["permessage-deflate; server_max_window_bits=8", {}, "without it", plain],
  ["permessage-deflate; server_max_window_bits=7", {}, "with 400", refused],
  ["permessage-deflate; server_max_window_bits=7", { secure: true }, "without it", plain],
  [
    "permessage-deflate",
    { secure: true },
    "and keeps no context",
    /Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n/,
  ],
  ["x-unknown", {}, "without it", plain],
  ["permessage-deflate;;", {}, "with 400", refused],
] as const;

for (const [offer, options, how, expected] of offers) {
  test(`a server with ${JSON.stringify(options)} answers "${offer}" ${how} (RFC 7692 §7.1)`, async (t) => {
    const { port } = await listen(t, { perMessageDeflate: true, ...options });
    assert.match((await upgraded(t, port, offer)).head, expected);
  });
}

test("a broadcast is compressed once for all who can read it, and messages of their own follow it on every kind of connection", async (t) => {
  const { server, url } = await listen(t, { perMessageDeflate: { threshold: 10 } });
  const kinds = [{}, { serverNoContextTakeover: true }, { serverMaxWindowBits: 9 }, undefined];
  const clients = kinds.map((kind) => new WebSocket(url, { perMessageDeflate: kind ?? false }));
  await until(() => clients.every((client) => client.readyState === WebSocket.OPEN));
  const all = clients.map((client) => messages(client, 5));
  const text = prose(600).toString();
  const frame = prepare(`large ${prose(100_000).toString()}`);
  for (const socket of server.clients) socket.send(text);
  assert.equal(broadcast(server.clients, `all ${text}`), 4);
  for (const socket of server.clients) socket.send(`${text} again`);
  for (const socket of server.clients) socket.sendPrepared(frame);
  for (const socket of server.clients) socket.send(text);
  const expected = [text, `all ${text}`, `${text} again`, frame.payload.toString(), text];
  assert.equal(expected[3]?.startsWith("large"), true);
  assert.deepEqual(
    await Promise.all(all),
    kinds.map(() => expected),
  );
  for (const client of clients) client.terminate();
});

test("a prepared frame behind a large message that is being compressed keeps its place and the context stays right", async (t) => {
  const { client, socket } = await openPair(t, { perMessageDeflate: { threshold: 10 } });
  const sent = [
    prose(400_000).toString(),
    prose(500, 2).toString(),
    prose(500, 3).toString(),
    prose(400_000).toString(),
    prose(500, 2).toString(),
  ];
  const got = messages(client, sent.length);
  for (const [index, message] of sent.entries()) {
    if (index % 2 === 1) socket.sendPrepared(prepare(message));
    else socket.send(message);
  }
  assert.deepEqual(await got, sent);
});

test("property: random messages come through both ways, with whatever is agreed on", async (t) => {
  const { server, url } = await listen(t, { perMessageDeflate: { threshold: 20 } });
  server.on("connection", (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })));
  const message = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.integer({ min: 0, max: 100_000 }).map((size) => prose(size, size).toString()),
    fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
  );
  const options = fc.record({
    serverNoContextTakeover: fc.boolean(),
    clientNoContextTakeover: fc.boolean(),
    serverMaxWindowBits: fc.integer({ min: 9, max: 15 }),
  });
  await fc.assert(
    fc.asyncProperty(options, fc.array(message, { minLength: 1, maxLength: 20 }), async (perMessageDeflate, list) => {
      const client = new WebSocket(url, {
        perMessageDeflate: { ...perMessageDeflate, clientNoContextTakeover: perMessageDeflate.clientNoContextTakeover || undefined },
      });
      await once(client, "open");
      for (const each of list) client.send(each);
      assert.deepEqual(await messages(client, list.length), list);
      client.terminate();
    }),
    { numRuns: 40 },
  );
});

test("an extension of one's own: a bit, a codec, no change to the endpoint (RFC 6455 §9)", async (t) => {
  let closes = 0;
  const flip = (data: Uint8Array): Uint8Array => data.map((byte) => byte ^ 0xff);
  const codec: MessageCodec = {
    thresholdBytes: 0,
    inflate: flip,
    deflate: (data, _isFinal, _isFresh, later) => void setImmediate(() => later(flip(data))),
    prepared: () => undefined,
    close: () => closes++,
  };
  const verdict = { kind: "accepted", params: [["by", "ff"]], codec: () => codec } as const;
  const extension: EndpointExtension = { name: "x-flip", rsv: 0x20, offers: () => [[]], accept: () => verdict, check: () => verdict };
  const options = { perMessageDeflate: false, extensions: [extension] };
  const { client, socket } = await openPair(t, options, options);
  assert.deepEqual([client.extensions, socket.extensions], ["x-flip", "x-flip"]);
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  for (const message of ["Hello", "", "second"]) client.send(message);
  assert.deepEqual(await messages(client, 3), ["Hello", "", "second"]);
  client.close();
  await Promise.all([closed(client), closed(socket)]);
  assert.equal(closes, 2);
});
