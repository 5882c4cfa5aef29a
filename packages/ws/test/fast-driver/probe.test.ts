import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const module = (name: string): string => JSON.stringify(pathToFileURL(`${import.meta.dirname}/../../src/${name}`).href);

/** Runs a module in a process of its own and answers what it wrote. */
function run(program: string, ...flags: string[]): { stdout: string; stderr: string; status: number | null } {
  const args = [...flags, "--import=tsx", "--input-type=module", "--eval", program];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000 });
  return { stdout, stderr, status };
}

const report = `
  import { driverSupport } from ${module("fast-driver/driver-for.ts")};
  const support = await driverSupport();
  console.log(support.fast, support.reason);
`;

/** Sends one message there and back. */
const echo = `
  import { WebSocketServer, WebSocket } from ${module("index.ts")};
  const server = new WebSocketServer({ port: 0, driver: "fast" }, () => {
    const client = new WebSocket("ws://127.0.0.1:" + server.address().port, { driver: "fast" });
    client.on("open", () => client.send("hello"));
    client.on("message", (data) => { console.log(data.toString()); client.close(); server.close(); });
  });
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(data.toString())));
`;

/** Changes what all TCP handles of the process have, before anything looks at them. */
const spoil = (change: string): string => `
  import { once } from "node:events";
  import { connect, createServer } from "node:net";
  const listener = createServer().listen(0);
  await once(listener, "listening");
  const socket = connect(listener.address().port);
  await once(socket, "connect");
  let proto = socket._handle;
  while (!Object.hasOwn(proto, "useUserBuffer")) proto = Object.getPrototypeOf(proto);
  socket.destroy();
  listener.close();
  ${change}
`;

test("the probe passes on this Node, needs nothing deprecated, and keeps no process alive", () => {
  const { stdout, stderr, status } = run(report, "--throw-deprecation", "--pending-deprecation");
  assert.deepEqual({ stdout, stderr, status }, { stdout: "true undefined\n", stderr: "", status: 0 });
  const started = run(`import { prepareDriver } from ${module("fast-driver/driver-for.ts")}; prepareDriver("fast");`);
  assert.deepEqual(started, { stdout: "", stderr: "", status: 0 });
});

// Node 22 cannot import node:http with --jitless: it loads its own fetch, which wants WebAssembly.
const withoutWebAssembly = process.versions.node.startsWith("22.")
  ? "--import=data:text/javascript,delete WebAssembly.Memory"
  : "--jitless";

test("without WebAssembly the fast driver works over ordinary memory", () => {
  assert.equal(run(`${report}${echo}`, withoutWebAssembly).stdout, "true undefined\nhello\n");
});

const spoiled: [name: string, change: string, reason: RegExp][] = [
  ["useUserBuffer is gone", "delete proto.useUserBuffer;", /no useUserBuffer/],
  ["writev is gone", "delete proto.writev;", /no writev/],
  ["useUserBuffer does nothing", "proto.useUserBuffer = () => 0;", /shared buffer|longer than/],
  ["useUserBuffer fails", "proto.useUserBuffer = () => -22;", /useUserBuffer\(\) failed/],
];

for (const [name, change, reason] of spoiled) {
  test(`where ${name}, the probe says so, and connections are portable`, () => {
    const { stdout, stderr, status } = run(`${spoil(change)}${report}${echo}`);
    const [first = "", second] = stdout.split("\n");
    assert.match(first, /^false /);
    assert.match(first, reason);
    assert.equal(second, "hello", stderr);
    assert.match(stderr, /OPENLINE_NO_FAST_DRIVER/);
    assert.equal(status, 0);
  });
}
