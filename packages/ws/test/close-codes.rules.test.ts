import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { CLOSE_CODES } from "@openline/protocol";
import type { ClientOptions } from "../src/client-options.ts";
import type { ServerOptions } from "../src/server-options.ts";
import { WebSocket } from "../src/websocket.ts";
import type { WebSocketServer } from "../src/websocket-server.ts";
import { closed, listen, openPair } from "./fixtures/pair.ts";
import { maskedFrame, rawUpgrade } from "./fixtures/raw-client.ts";

interface Ends {
  readonly client: WebSocket;
  readonly socket: WebSocket;
  readonly server: WebSocketServer;
}

interface Row {
  readonly code: number;
  readonly because: string;
  readonly server?: ServerOptions;
  readonly client?: ClientOptions;
  /** Which end hears the code. */
  readonly heardBy: "client" | "server";
  readonly act: (ends: Ends) => unknown;
}

const rows: readonly Row[] = [
  { code: 1000, because: "the purpose is fulfilled", heardBy: "server", act: ({ client }) => client.close(1000) },
  { code: 1001, because: "the server goes away", heardBy: "client", act: ({ server }) => void server.close({ deadlineMs: 1000 }) },
  { code: 1001, because: "nobody said anything for the idle time", heardBy: "client", server: { idleTimeoutMs: 20 }, act: () => undefined },
  {
    code: 1003,
    because: 'an endpoint with accept: "text" receives binary',
    heardBy: "client",
    server: { accept: "text" },
    act: ({ client }) => client.send(Buffer.from("b")),
  },
  {
    code: 1008,
    because: "a check of each message says no",
    heardBy: "client",
    server: { messageChecks: [() => ({ close: 1008, reason: "no" })] },
    act: ({ client }) => client.send("x"),
  },
  {
    code: 1009,
    because: "a message is larger than maxPayload",
    heardBy: "client",
    server: { maxPayload: 10 },
    act: ({ client, socket }) => {
      socket.on("error", () => undefined);
      client.send("x".repeat(11));
    },
  },
  {
    code: 1010,
    because: "a required extension was not accepted",
    heardBy: "server",
    client: { requiredExtensions: ["permessage-deflate"], perMessageDeflate: true },
    act: () => undefined,
  },
  {
    code: 1011,
    because: "a handler throws in the server profile",
    heardBy: "client",
    server: { secure: true },
    act: ({ client, socket }) => {
      socket.on("message", () => {
        throw new Error("the handler's fault");
      });
      process.once("warning", () => undefined);
      client.send("x");
    },
  },
  {
    code: 1011,
    because: "an async handler is rejected in the server profile",
    heardBy: "client",
    server: { secure: true, onHandlerError: () => undefined },
    act: ({ client, socket }) => {
      const rejected = (): unknown => Promise.reject(new Error("the handler's fault"));
      socket.on("message", rejected);
      client.send("x");
    },
  },
  {
    code: 1012,
    because: "the server restarts",
    heardBy: "client",
    act: ({ server }) => void server.close({ code: 1012, deadlineMs: 1000 }),
  },
  { code: 1013, because: "the server is overloaded", heardBy: "client", act: ({ socket }) => socket.close(1013) },
];

for (const { code, because, server = {}, client = {}, heardBy, act } of rows) {
  test(`H: ${code}, heard by the ${heardBy}: ${because} (RFC 6455 §7.4.1)`, async (t) => {
    const listening = await listen(t, server);
    const connection = once(listening.server, "connection");
    const far = new WebSocket(listening.url, client);
    t.after(() => far.terminate());
    const heard = closed(far);
    const [socket] = (await connection) as [WebSocket];
    const heardByServer = closed(socket);
    if (far.readyState === WebSocket.CONNECTING) await once(far, "open");
    act({ client: far, socket, server: listening.server });
    assert.equal((await (heardBy === "client" ? heard : heardByServer))[0], code);
  });
}

test("H: 1010 names what was missing, and the application can send nothing before it (RFC 6455 §7.4.1)", async (t) => {
  const { server, url } = await listen(t);
  const heard = new Promise((resolve) => {
    server.on("connection", (socket) => {
      const messages: unknown[] = [];
      socket.on("message", (data) => messages.push(data));
      socket.on("close", (code, reason) => resolve([code, reason.toString(), messages]));
    });
  });
  const client = new WebSocket(url, { requiredExtensions: ["permessage-deflate"], perMessageDeflate: true });
  client.on("open", () => client.send("too late"));
  assert.deepEqual(await heard, [1010, "not accepted: permessage-deflate", []]);
});

test("H: a required extension that was accepted changes nothing", async (t) => {
  const { client } = await openPair(
    t,
    { perMessageDeflate: true },
    { requiredExtensions: ["permessage-deflate"], perMessageDeflate: true },
  );
  assert.equal(client.readyState, WebSocket.OPEN);
});

test("H: 1002 and 1007 are what the peer is told for a broken frame and for text that is not UTF-8 (RFC 6455 §7.4.1)", async (t) => {
  const { server, port } = await listen(t);
  server.on("connection", (socket) => socket.on("error", () => undefined));
  for (const [bytes, code] of [
    [Buffer.from([0x81, 0x01, 0x41]), 1002],
    [maskedFrame(1, Buffer.from([0xc0])), 1007],
  ] as const) {
    const raw = await rawUpgrade(t, port);
    raw.write(bytes);
    const [answer] = (await once(raw, "data")) as [Buffer];
    assert.deepEqual([answer[0], answer.readUInt16BE(2)], [0x88, code]);
  }
});

test("H: 1004, 1005, 1006 and 1015 are never sent: the caller is told so, and a peer that sends them fails with 1002 (RFC 6455 §7.4.1)", async (t) => {
  const { server, port } = await listen(t);
  server.on("connection", (socket) => socket.on("error", () => undefined));
  const { client } = await openPair(t);
  for (const { code } of CLOSE_CODES.filter(({ onWire }) => !onWire)) {
    assert.throws(() => client.close(code), { code: "USAGE_CLOSE_CODE" });
    const raw = await rawUpgrade(t, port);
    raw.write(maskedFrame(8, Buffer.from([code >> 8, code & 255])));
    const [answer] = (await once(raw, "data")) as [Buffer];
    assert.equal(answer.readUInt16BE(2), 1002);
  }
});

test("H: 1005 is seen when the close frame has no code, 1006 when there is no close frame (RFC 6455 §7.1.5)", async (t) => {
  const first = await openPair(t);
  const none = closed(first.socket);
  first.client.close();
  assert.equal((await none)[0], 1005);
  const second = await openPair(t);
  const lost = closed(second.socket);
  second.client.terminate();
  assert.equal((await lost)[0], 1006);
});

test("H: with the ws profile a handler's throw is the process's business, as with ws; the server profile's error without a listener is not", async (t) => {
  const { server, port } = await listen(t, { secure: true });
  const sockets: WebSocket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  const raw = await rawUpgrade(t, port);
  const [socket] = sockets;
  assert.ok(socket);
  const end = closed(socket);
  raw.write(Buffer.from([0x81, 0x01, 0x41]));
  raw.once("data", () => raw.end());
  assert.equal((await end)[0], 1006);
});
