import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { ServerOptions } from "../src/server-options.ts";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { listen, openPair } from "./fixtures/pair.ts";
import { rawConnect, readAll, upgradeRequest } from "./fixtures/raw-client.ts";

async function answer(t: TestContext, options: ServerOptions, fields: Record<string, string> = {}): Promise<string> {
  const { server, port } = await listen(t, options);
  server.on("connection", (socket) => socket.terminate());
  const raw = await rawConnect(t, port);
  raw.write(upgradeRequest(fields));
  return readAll(raw);
}

const many = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`X-${at}`, "x"]));
const rows: readonly (readonly [rule: string, options: ServerOptions, fields: Record<string, string>, expected: RegExp])[] = [
  ["R16: too many header fields: 431", { secure: true }, many, /^HTTP\/1\.1 431 [^]*125 header fields, 100 are allowed$/],
  ["too many bytes: 431", { maxHeaderBytes: 300 }, { Cookie: "x".repeat(300) }, /^HTTP\/1\.1 431 [^]*bytes of header fields, 300 are/],
  ["without limits of ours they pass", {}, many, /^HTTP\/1\.1 101 /],
  [
    "O: an origin outside the list: 403 (RFC 6455 §10.2)",
    { origins: ["https://a.example"] },
    { Origin: "https://b.example" },
    /^HTTP\/1\.1 403 /,
  ],
  ["O: one on the list passes", { origins: ["https://a.example"] }, { Origin: "https://a.example" }, /^HTTP\/1\.1 101 /],
  ["O: secure: a foreign origin: 403", { secure: true }, { Origin: "http://evil.example" }, /^HTTP\/1\.1 403 /],
  ["O: secure: the same origin passes", { secure: true }, { Origin: "http://localhost" }, /^HTTP\/1\.1 101 /],
  [
    "O: behind a TLS proxy that is trusted, the page's own origin passes",
    { secure: true, trustProxy: ["loopback"] },
    { Origin: "https://chat.example", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "chat.example" },
    /^HTTP\/1\.1 101 /,
  ],
  [
    "and behind one that is not trusted it does not",
    { secure: true },
    { Origin: "https://chat.example", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "chat.example" },
    /^HTTP\/1\.1 403 /,
  ],
  ["R16: more connections from an address than it may have: 429", { maxConnectionsPerAddress: 0 }, {}, /^HTTP\/1\.1 429 /],
  [
    "a check refuses with status, body and fields",
    { handshakeChecks: [() => ({ status: 401, body: "who are you?", fields: { "WWW-Authenticate": "Basic" } })] },
    {},
    /^HTTP\/1\.1 401 [^]*WWW-Authenticate: Basic\r\n[^]*who are you\?$/,
  ],
  ["no subprotocol fits: 400", { subprotocols: { handlers: { chat: () => undefined } } }, {}, /^HTTP\/1\.1 400 [^]*needed: chat$/],
  [
    "R16: checks have a deadline: 408",
    { handshakeTimeout: 20, handshakeChecks: [async () => new Promise<never>(() => undefined)] },
    {},
    /^HTTP\/1\.1 408 /,
  ],
];

for (const [rule, options, fields, expected] of rows) {
  test(rule, async (t) => assert.match(await answer(t, options, fields), expected));
}

test("connections are counted by the address that a trusted proxy names, and given back when they end", async (t) => {
  const { server, url } = await listen(t, { maxConnectionsPerAddress: 2, trustProxy: ["loopback"] });
  const from = async (address: string): Promise<WebSocket | number> => {
    const client = new WebSocket(url, { headers: { "X-Forwarded-For": address } });
    t.after(() => client.terminate());
    return new Promise((resolve) => {
      client.on("open", () => resolve(client)).on("error", () => undefined);
      client.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    });
  };
  const first = await from("203.0.113.7");
  await from("203.0.113.7");
  assert.equal(await from("203.0.113.7"), 429);
  assert.ok((await from("203.0.113.8")) instanceof WebSocket);
  assert.deepEqual([...server.clients].map(({ remoteAddress }) => remoteAddress).toSorted(), ["203.0.113.7", "203.0.113.7", "203.0.113.8"]);
  assert.ok(first instanceof WebSocket);
  first.close();
  await once(first, "close");
  await delay(20);
  assert.ok((await from("203.0.113.7")) instanceof WebSocket);
});

test("what the checks put together is the socket's context before the event connection", async (t) => {
  const { socket } = await openPair(t, {
    handshakeChecks: [
      async ({ request, context }) => {
        context["user"] = `user of ${request.url}`;
        return undefined;
      },
    ],
  });
  assert.deepEqual(socket.context, { user: "user of /" });
  assert.equal(socket.remoteAddress, "127.0.0.1");
});

test("checks come before verifyClient, and a throw in one is a 500 that is reported", async (t) => {
  const errors: unknown[] = [];
  const options: ServerOptions = {
    handshakeChecks: [
      () => {
        throw new Error("database");
      },
    ],
    verifyClient: () => assert.fail("asked"),
    onHandlerError: (error, websocket) => errors.push(error, websocket),
  };
  assert.match(await answer(t, options), /^HTTP\/1\.1 500 /);
  assert.equal((errors[0] as Error).message, "database");
  assert.equal(errors[1], undefined);
});

test("a policy that cannot be is refused when the server is made", () => {
  assert.throws(() => new WebSocketServer({ noServer: true, origins: ["https://a.example/"] }), /browsers write/);
  assert.throws(() => new WebSocketServer({ noServer: true, trustProxy: ["proxy.example"] }), /trustProxy/);
});
