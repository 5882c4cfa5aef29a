// What our own acceptor leaves of node:http, observed once with each driver: docs/performance-drivers.md has these rows, and no other verdict.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PerformanceObserver } from "node:perf_hooks";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { driverSupport } from "../../src/fast-driver/driver-for.ts";
import type { ServerOptions } from "../../src/server-options.ts";
import type { WebSocket } from "../../src/websocket.ts";
import { WebSocketServer } from "../../src/websocket-server.ts";
import { listen } from "../fixtures/pair.ts";
import { maskedFrame, rawConnect, rawUpgrade, readAll, upgradeRequest } from "../fixtures/raw-client.ts";
import { until } from "../fixtures/until.ts";

await driverSupport();

type Verdict = "kept" | "replaced" | "absent";

/** A server with one driver, and its http server. */
interface Stage {
  readonly t: TestContext;
  readonly driver: "fast" | "portable";
  readonly server: WebSocketServer;
  readonly http: Server;
  readonly port: number;
  /** The server's socket of a connection that is made and upgraded now. */
  readonly open: () => Promise<{ client: Socket; socket: WebSocket; request: IncomingMessage }>;
}

interface Row {
  /** As the page has it. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly options?: ServerOptions;
  /** Answers what was seen, the same for the same behaviour. */
  readonly see: (stage: Stage) => Promise<unknown>;
  /** What is seen with the portable driver, that is with node:http alone; `fast` where the acceptor makes it another. */
  readonly seen: unknown;
  readonly fast?: unknown;
}

const firstLine = (text: string): string => text.split("\r\n", 1)[0] ?? "";
const connectionsOf = async (http: Server): Promise<number> => promisify(http.getConnections.bind(http))();

async function connectionsAre(http: Server, count: number): Promise<void> {
  while ((await connectionsOf(http)) !== count) await delay(1);
}

/** How often a listener was told while `act` was done. */
async function counted(subscribe: (listener: () => void) => () => void, act: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const end = subscribe(() => (count += 1));
  await act();
  await delay(20);
  end();
  return count;
}

const onChannel =
  (name: string) =>
  (listener: () => void): (() => void) => {
    channel(name).subscribe(listener);
    return () => channel(name).unsubscribe(listener);
  };

const onEvent =
  (http: Server, event: string) =>
  (listener: () => void): (() => void) => {
    http.on(event, listener);
    return () => http.off(event, listener);
  };

async function plainRequest({ port }: Stage, fields: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", headers: fields }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    request.on("error", reject).end();
  });
}

/** What the server answers to these bytes, sent at once. */
async function answerTo({ t, port }: Stage, text: string): Promise<string> {
  const client = await rawConnect(t, port);
  client.write(text);
  return firstLine(await readAll(client));
}

const rows: readonly Row[] = [
  {
    name: "`headersTimeout`, pieces of a head",
    verdict: "kept",
    options: { handshakeTimeout: 300 },
    see: (stage) => answerTo(stage, upgradeRequest().slice(0, -2)),
    seen: "HTTP/1.1 408 Request Timeout",
  },
  {
    name: "`headersTimeout`, nothing said",
    verdict: "replaced",
    options: { handshakeTimeout: 300 },
    see: async (stage) => {
      const from = performance.now();
      const answer = await answerTo(stage, "");
      // Looked at every 100 ms; the acceptor's own second, looked at every second, comes before.
      return [answer, performance.now() - from < 950 ? "within the timeout" : "up to 2 s later"];
    },
    seen: ["HTTP/1.1 408 Request Timeout", "within the timeout"],
    fast: ["HTTP/1.1 408 Request Timeout", "up to 2 s later"],
  },
  {
    name: "`requestTimeout`",
    verdict: "kept",
    options: { handshakeTimeout: 300 },
    see: (stage) => answerTo(stage, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab").then((answer) => answer.slice(0, 10)),
    seen: "HTTP/1.1 4",
  },
  {
    name: "`keepAliveTimeout`, `maxRequestsPerSocket`",
    verdict: "kept",
    see: async (stage) => {
      stage.http.keepAliveTimeout = 50;
      const client = await rawConnect(stage.t, stage.port);
      client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      return [firstLine(await readAll(client)), "then closed"];
    },
    seen: ["HTTP/1.1 426 Upgrade Required", "then closed"],
  },
  {
    name: "`maxConnections`, event `drop`",
    verdict: "kept",
    see: async ({ t, http, port, open }) => {
      http.maxConnections = 1;
      await open();
      return counted(onEvent(http, "drop"), async () => readAll(await rawConnect(t, port)));
    },
    seen: 1,
  },
  {
    name: "event `connection`",
    verdict: "kept",
    see: async ({ http, open }) => counted(onEvent(http, "connection"), open),
    seen: 1,
  },
  {
    name: "event `connection`, listened to before `listening`",
    verdict: "kept",
    see: async ({ t, driver }) => {
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1", driver });
      t.after(() => server.close());
      const connections = counted(onEvent(server._server as Server, "connection"), async () => {
        await once(server, "listening");
        await rawUpgrade(t, (server.address() as AddressInfo).port);
      });
      const count = await connections;
      for (const socket of server.clients) socket.terminate();
      return count;
    },
    seen: 1,
  },
  {
    name: "event `upgrade`",
    verdict: "kept",
    see: async ({ http, open }) => counted(onEvent(http, "upgrade"), open),
    seen: 1,
  },
  {
    name: "events `request`, `checkContinue`, `checkExpectation`",
    verdict: "kept",
    see: async (stage) => [
      await plainRequest(stage),
      await counted(onEvent(stage.http, "checkExpectation"), () => plainRequestOrNone(stage, { Expect: "something" })),
      await counted(onEvent(stage.http, "checkContinue"), () => plainRequestOrNone(stage, { Expect: "100-continue" })),
    ],
    seen: [426, 1, 1],
  },
  {
    name: "event `clientError`, what is no HTTP",
    verdict: "kept",
    see: async (stage) => counted(onEvent(stage.http, "clientError"), () => destroyAfter(stage, "no HTTP at all\r\n\r\n")),
    seen: 1,
  },
  {
    name: "event `clientError`, a reset before the first byte",
    verdict: "absent",
    see: async ({ t, http, port }) =>
      counted(onEvent(http, "clientError"), async () => {
        const client = await rawConnect(t, port);
        await connectionsAre(http, 1);
        client.resetAndDestroy();
        await connectionsAre(http, 0);
      }),
    seen: 1,
    fast: 0,
  },
  {
    name: "channel `net.server.socket`",
    verdict: "kept",
    see: async ({ open }) => counted(onChannel("net.server.socket"), open),
    seen: 1,
  },
  {
    name: "channel `http.server.request.start`",
    verdict: "kept",
    see: async (stage) => [
      await counted(onChannel("http.server.request.start"), stage.open),
      await counted(onChannel("http.server.request.start"), () => plainRequest(stage)),
    ],
    // An upgrade has never been told of there.
    seen: [0, 1],
  },
  {
    name: "`perf_hooks`, entries of type `http`",
    verdict: "kept",
    see: async (stage) => {
      const names: string[] = [];
      const observer = new PerformanceObserver((list) => names.push(...list.getEntries().map(({ name }) => name)));
      observer.observe({ entryTypes: ["http"] });
      await stage.open();
      await plainRequest(stage);
      await until(() => names.includes("HttpRequest"));
      observer.disconnect();
      return names.filter((name) => name === "HttpRequest").length;
    },
    // For the request; none for the upgrade.
    seen: 1,
  },
  {
    name: "`server.getConnections()`",
    verdict: "kept",
    see: async ({ t, http, port, open }) => {
      await rawConnect(t, port);
      await open();
      const gone = await open();
      gone.client.destroy();
      await until(() => gone.socket.readyState === 3);
      return connectionsOf(http);
    },
    seen: 2,
  },
  {
    name: "`server.close()` waits for open connections",
    verdict: "kept",
    see: async ({ server, open }) => {
      const { socket } = await open();
      const closed = once(server, "close").then(() => "closed");
      server.close();
      const early = await Promise.race([closed, delay(50).then(() => "waits")]);
      socket.terminate();
      return [early, await closed];
    },
    seen: ["waits", "closed"],
  },
  {
    name: "`closeAllConnections()`, `closeIdleConnections()`, connections after the upgrade",
    verdict: "kept",
    see: async ({ http, open }) => {
      const { socket } = await open();
      http.closeAllConnections();
      http.closeIdleConnections();
      await delay(50);
      return socket.readyState;
    },
    // An upgraded connection is not http's any more.
    seen: 1,
  },
  {
    name: "`closeAllConnections()`, connections that have said nothing",
    verdict: "absent",
    see: async ({ t, http, port }) => {
      await rawConnect(t, port);
      await connectionsAre(http, 1);
      http.closeAllConnections();
      await delay(50);
      return connectionsOf(http);
    },
    seen: 0,
    fast: 1,
  },
  {
    name: "`socket.setTimeout()`, event `timeout`",
    verdict: "kept",
    see: async ({ open }) => {
      const { request } = await open();
      const timeout = once(request.socket.setTimeout(30), "timeout").then(() => "timeout");
      return Promise.race([timeout, delay(1000).then(() => "none")]);
    },
    seen: "timeout",
  },
  {
    name: "`bytesRead`, `bytesWritten`",
    verdict: "kept",
    see: async ({ open }) => {
      const { client, socket, request } = await open();
      const { bytesRead, bytesWritten } = request.socket;
      socket.on("message", (data) => socket.send(data));
      const answer = once(client, "data");
      client.write(maskedFrame(1, "12345"));
      await answer;
      return [request.socket.bytesRead - bytesRead, request.socket.bytesWritten - bytesWritten, bytesRead === upgradeRequest().length];
    },
    seen: [11, 7, true],
  },
  {
    name: "`request.socket`: class, addresses, `server`",
    verdict: "kept",
    see: async ({ http, client, open }: Stage & { client?: unknown }) => {
      const { request, client: near } = await open();
      const { socket } = request;
      const isNear = socket.remotePort === near.localPort && socket.localPort === near.remotePort;
      return [socket instanceof Socket, isNear, Reflect.get(socket, "server") === http, client];
    },
    seen: [true, true, true, undefined],
  },
  {
    name: "`socket.parser`, `socket._httpMessage`",
    verdict: "kept",
    see: async ({ open }) => {
      const { request } = await open();
      return [Reflect.get(request.socket, "parser") ?? null, Reflect.get(request.socket, "_httpMessage") ?? null];
    },
    // node:http frees both at an upgrade.
    seen: [null, null],
  },
  {
    name: "`maxHeaderSize`, `--max-http-header-size`",
    verdict: "kept",
    see: (stage) => answerTo(stage, upgradeRequest({ Cookie: "c".repeat(20_000) })),
    seen: "HTTP/1.1 431 Request Header Fields Too Large",
  },
  {
    name: "`server.maxHeadersCount`",
    verdict: "replaced",
    see: async (stage) => {
      stage.http.maxHeadersCount = 3;
      const client = await rawConnect(stage.t, stage.port);
      client.write(upgradeRequest());
      return String((await once(client, "data"))[0]).slice(0, 10);
    },
    // Node 20 forgets the fields above the number, here key and version: 400. Newer ones answer 431.
    seen: "HTTP/1.1 4",
    fast: "HTTP/1.1 1",
  },
];

async function plainRequestOrNone(stage: Stage, fields: Record<string, string>): Promise<void> {
  const client = await rawConnect(stage.t, stage.port);
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  client.write(`GET / HTTP/1.1\r\nHost: a\r\n${lines.join("")}\r\n`);
  await delay(20);
  client.destroy();
}

async function destroyAfter({ t, port }: Stage, text: string): Promise<void> {
  const client = await rawConnect(t, port);
  client.write(text);
  await delay(20);
  client.destroy();
}

async function stageOf(t: TestContext, driver: "fast" | "portable", options: ServerOptions = {}): Promise<Stage> {
  const { server, port } = await listen(t, { ...options, driver });
  const http = server._server as Server;
  const open = async (): Promise<{ client: Socket; socket: WebSocket; request: IncomingMessage }> => {
    const connection = once(server, "connection") as Promise<[WebSocket, IncomingMessage]>;
    const client = await rawUpgrade(t, port);
    const [socket, request] = await connection;
    return { client, socket, request };
  };
  return { t, driver, server, http, port, open };
}

for (const { name, verdict, options, see, seen, fast = seen } of rows) {
  test(`what the acceptor leaves of node:http: ${name} is ${verdict}`, async (t) => {
    assert.deepEqual(await see(await stageOf(t, "portable", options)), seen, "node:http alone");
    assert.deepEqual(await see(await stageOf(t, "fast", options)), fast, "with the acceptor");
    assert.equal(verdict === "kept", fast === seen, "kept is what is the same with both");
  });
}

const module = (name: string): string => JSON.stringify(pathToFileURL(`${import.meta.dirname}/../../src/${name}`).href);

/** What a program of its own prints, that has a server and makes a connection to it. */
function runProgram(driver: string, program: string): string {
  const imports = `
    import { once } from "node:events";
    import { BareRequest } from ${module("fast-driver/bare-request.ts")};
    import { driverSupport } from ${module("fast-driver/driver-for.ts")};
    import { WebSocket, WebSocketServer } from ${module("index.ts")};
    await driverSupport();`;
  const args = ["--import=tsx", "--input-type=module", "--eval", `${imports}${program}`];
  const env = { ...process.env, OPENLINE_DRIVER: driver };
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000, env });
  assert.equal(stderr, "");
  return stdout.trim();
}

test("what the acceptor leaves of node:http: `async_hooks`, resources of type `HTTPINCOMINGMESSAGE` is absent", () => {
  const program = `
    import { createHook } from "node:async_hooks";
    const types = new Set();
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    createHook({ init(id, type) { types.add(type); } }).enable();
    const client = new WebSocket("ws://127.0.0.1:" + server.address().port);
    await once(client, "open");
    console.log(["TCPWRAP", "HTTPINCOMINGMESSAGE"].filter((type) => types.has(type)).join());
    client.terminate();
    server.close();`;
  assert.equal(runProgram("portable", program), "TCPWRAP,HTTPINCOMINGMESSAGE");
  assert.equal(runProgram("fast", program), "TCPWRAP");
});

test("what the acceptor leaves of node:http: workers of `cluster` is kept: a worker gets its connections from node:http, and drives them fast", () => {
  const program = `
    import cluster from "node:cluster";
    cluster.setupPrimary({ exec: process.argv[1], execArgv: ["--import=tsx"] });
    const worker = cluster.fork();
    const [, address] = await once(cluster, "listening");
    const client = new WebSocket("ws://127.0.0.1:" + address.port);
    await once(client, "open");
    client.send("");
    const [data] = await once(client, "message");
    console.log(data.toString());
    client.terminate();
    worker.kill();`;
  const worker = `
    import { BareRequest } from ${module("fast-driver/bare-request.ts")};
    import { driverSupport } from ${module("fast-driver/driver-for.ts")};
    import { WebSocketServer } from ${module("index.ts")};
    await driverSupport();
    new WebSocketServer({ port: 0, host: "127.0.0.1" }).on("connection", (socket, request) =>
      socket.on("message", () => socket.send([request instanceof BareRequest, socket._socket._handle.onread.name].join())));`;
  const folder = mkdtempSync(join(tmpdir(), "openline-cluster-"));
  try {
    const path = join(folder, "worker.mjs");
    writeFileSync(path, worker);
    assert.equal(runProgram("fast", program.replace("process.argv[1]", JSON.stringify(path))), "false,onRead");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("docs/performance-drivers.md has a row with that verdict for each of these", () => {
  const page = readFileSync(`${import.meta.dirname}/../../../../docs/performance-drivers.md`, "utf8");
  for (const { name, verdict } of rows) assert.ok(page.includes(`\n| ${name} | ${verdict} |`), `${name} | ${verdict}`);
});
