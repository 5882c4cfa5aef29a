// On whichever Node runs the tests (20 in `npm test`, 22, 24 and 26 in `npm run test:full`): the fast driver is really there and really taken.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const module = (name: string): string => JSON.stringify(pathToFileURL(`${import.meta.dirname}/../../src/${name}`).href);

/** An echo between a client and a server of one process; prints what the server's `connection` listener got, and what `_socket` reads with. */
const program = `
  import { once } from "node:events";
  import { createServer } from "node:http";
  import { BareRequest } from ${module("fast-driver/bare-request.ts")};
  import { driverSupport } from ${module("fast-driver/driver-for.ts")};
  import { WebSocket, WebSocketServer } from ${module("index.ts")};
  const support = await driverSupport();
  console.log("probe", support.fast, support.reason);
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  for (const options of [{ port: 0, host: "127.0.0.1" }, { server: http }]) {
    const server = new WebSocketServer(options);
    if (options.port === 0) await once(server, "listening");
    server.on("connection", (socket, request) => {
      const place = request instanceof BareRequest ? "acceptor" : "http";
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      socket.on("message", () => console.log(place, socket._socket._handle.onread.name));
    });
    const client = new WebSocket("ws://127.0.0.1:" + (server.address() ?? http.address()).port);
    await once(client, "open");
    client.send("hello");
    await once(client, "message");
    console.log("client", client._socket._handle.onread.name);
    client.close();
    await once(client, "close");
    server.close();
  }
  http.close();
`;

function run(environment: Readonly<Record<string, string>>): { stdout: string; stderr: string; status: number | null } {
  const flags = ["--pending-deprecation", "--throw-deprecation", "--import=tsx", "--input-type=module", "--eval", program];
  const { OPENLINE_DRIVER: _, ...rest } = process.env;
  const { stdout, stderr, status } = spawnSync(process.execPath, flags, {
    encoding: "utf8",
    timeout: 30_000,
    env: { ...rest, ...environment },
  });
  return { stdout, stderr, status };
}

test(`Node ${process.versions.node}: acceptor, server and client take the fast driver by themselves; nothing deprecated is used`, () => {
  const lines = ["probe true undefined", "acceptor onRead", "client onRead", "http onRead", "client onRead", ""];
  assert.deepEqual(run({}), { stdout: lines.join("\n"), stderr: "", status: 0 });
});

test(`Node ${process.versions.node}: with OPENLINE_DRIVER=portable none of them does`, () => {
  const { stdout, stderr, status } = run({ OPENLINE_DRIVER: "portable" });
  assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
  assert.match(stdout, /^http (?!onRead)/m);
  assert.doesNotMatch(stdout, /onRead|acceptor/);
});
