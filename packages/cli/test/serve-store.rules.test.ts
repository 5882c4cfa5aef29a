// `openline serve` with a store: what its --help and exit codes promise, with the built binary and the real client.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client, type JoinedDetail, type Room } from "@openline/client";
import { freePort, noRedis, RedisServer } from "@openline/testkit";
import { selfSigned } from "../../brokers/test/support/self-signed.ts";
import { type Started, start } from "./binary-fixture.ts";

function scratch(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "openline-serve-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return join(path, "rooms");
}

async function serve(t: TestContext, port: number, args: readonly string[], environment: Record<string, string> = {}): Promise<Started> {
  const started = start(t, ["serve", "--port", String(port), ...args], environment);
  await started.said(/"msg":"listening"/);
  return started;
}

function connect(t: TestContext, port: number): Client {
  const client = new Client(`http://127.0.0.1:${port}`, { reconnect: { minDelayMs: 20, maxDelayMs: 100 } });
  t.after(() => client.close());
  return client;
}

async function next<T>(listen: (heard: (value: T) => void) => () => void): Promise<T> {
  return await new Promise((resolve) => {
    const end = listen((value) => {
      end();
      resolve(value);
    });
  });
}

const joined = async (room: Room): Promise<JoinedDetail> => await next((heard) => room.on("joined", heard));

for (const durability of ["os", "fsync"] as const) {
  test(`contract 2: --data at level ${durability}: killed in the middle of publishing, everything acknowledged is there and clients recover true`, async (t) => {
    const [port, data] = [await freePort(), scratch(t)];
    const args = ["--data", data, "--durability", durability];
    const first = await serve(t, port, args);
    const [reader, writer] = [connect(t, port), connect(t, port)];
    const heard: unknown[] = [];
    const room = reader.join("lobby");
    room.on("message", (message) => heard.push(message.data));
    await joined(room);
    const acknowledged: number[] = [];
    let unknown = 0;
    const publishes = Array.from({ length: 500 }, async (_, index) => {
      await writer.publish("lobby", index).then(
        () => acknowledged.push(index),
        () => unknown++,
      );
    });
    while (acknowledged.length < 100) await Promise.race([next((on) => room.on("message", on)), first.ended]);
    first.child.kill("SIGKILL");
    assert.equal(await first.ended, "SIGKILL");
    const again = joined(room);
    await serve(t, port, args);
    assert.equal((await again).recovered, true);
    await Promise.all(publishes);
    const { position } = await writer.publish("lobby", "last");
    while (room.position !== position) await next((on) => room.on("message", on));
    t.diagnostic(`acknowledged ${acknowledged.length}, unknown ${unknown}, heard ${heard.length}`);
    assert.deepEqual(
      acknowledged.filter((index) => !heard.includes(index)),
      [],
    );
    assert.equal(new Set(heard).size, heard.length, "nothing came twice");
  });
}

test("contract 2: --data with an older copy put back, grown past the old offset: noticed at the start, and a client at the old end is told recovered false", async (t) => {
  const [port, data] = [await freePort(), scratch(t)];
  const grow = async (to: string, count: number): Promise<{ started: Started; positions: (string | undefined)[] }> => {
    const started = await serve(t, port, ["--data", to]);
    const writer = connect(t, port);
    const results = await Promise.all(Array.from({ length: count }, async (_, index) => await writer.publish("lobby", index)));
    writer.close();
    return { started, positions: results.map(({ position }) => position) };
  };
  const first = await grow(data, 80);
  first.started.child.kill("SIGTERM");
  await first.started.ended;
  cpSync(data, `${data}.copy`, { recursive: true });
  const second = await grow(data, 20);
  const reader = connect(t, port);
  const room = reader.join("lobby");
  await joined(room);
  assert.equal(room.position, second.positions[19]);
  reader.interrupt({ forMs: 600_000 });
  second.started.child.kill("SIGTERM");
  await second.started.ended;
  rmSync(data, { recursive: true });
  cpSync(`${data}.copy`, data, { recursive: true });
  const third = await grow(data, 40);
  assert.match(third.started.out(), /"why":"copied","rooms":\d+,"msg":"the data is not the continuation of the last run/);
  const again = joined(room);
  reader.connect();
  assert.equal((await again).recovered, false);
});

test("a data directory in use is one line that names the process, and exit code 1; after a clean end it is free", async (t) => {
  const data = scratch(t);
  const first = await serve(t, 0, [], { OPENLINE_DATA: data });
  const second = start(t, ["serve", "--port", "0", "--data", data]);
  assert.equal(await second.ended, 1);
  assert.match(second.err(), new RegExp(`^openline: the data directory is in use by process ${first.child.pid} .*\n$`));
  first.child.kill("SIGTERM");
  assert.equal(await first.ended, 0);
  await serve(t, 0, ["--data", data]);
});

test("--broker rediss://user:password@host with --broker-ca: TLS is checked, the user is the one given, and R13: no line shows the password", {
  skip: noRedis ?? false,
}, async (t) => {
  const folder = join(scratch(t), "..");
  const { certificate, key, skip } = selfSigned(folder);
  if (skip !== undefined) return t.skip(skip);
  const tlsPort = await freePort();
  const tls = ["--tls-port", String(tlsPort), "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"];
  const redis = await RedisServer.start(...tls);
  t.after(async () => await redis.stop());
  assert.equal(await redis.ask("ACL SETUSER hub on >open-sesame ~shop:* &shop:* +@all"), "+OK\r\n");
  const address = `rediss://hub:open-sesame@localhost:${tlsPort}?prefix=shop`;
  const port = await freePort();
  const started = await serve(t, port, ["--broker-ca", certificate], { OPENLINE_BROKER: address });
  const client = connect(t, port);
  const room = client.join("lobby");
  await joined(room);
  const heard = next((on) => room.on("message", on));
  await client.publish("lobby", "over TLS");
  assert.equal(((await heard) as { data: unknown }).data, "over TLS");
  assert.match(await redis.ask("EXISTS shop:m:{lobby}"), /:1/);
  started.child.kill("SIGTERM");
  assert.equal(await started.ended, 0);

  const untrusted = start(t, ["serve", "--port", "0"], { OPENLINE_BROKER: address });
  assert.equal(await untrusted.ended, 1);
  assert.match(untrusted.err(), /^openline: cannot use the Redis at rediss:\/\/localhost:\d+\?*.*: .*certificate.*\n$/);
  const refused = start(t, ["serve", "--port", "0", "--broker-ca", certificate], {
    OPENLINE_BROKER: address.replace("open-sesame", "other"),
  });
  assert.equal(await refused.ended, 1);
  assert.match(refused.err(), /it refuses the user name or password/);
  for (const one of [started, untrusted, refused]) assert.doesNotMatch(one.out() + one.err(), /open-sesame|other/);
});

/** Makes a package look as if it were not installed. */
function without(name: string): Record<string, string> {
  const hooks = `export async function resolve(specifier, context, next) {
    if (specifier !== "${name}") return await next(specifier, context);
    throw Object.assign(new Error("Cannot find package '${name}'"), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
  const url = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
  return { NODE_OPTIONS: `--import=${url(`import { register } from "node:module"; register(${JSON.stringify(url(hooks))});`)}` };
}

const packages = [
  ["lmdb", ["--data"], "the durable store (--data)"],
  ["@redis/client", ["--broker", "redis://127.0.0.1:1"], "the Redis broker"],
] as const;
for (const [name, args, part] of packages) {
  test(`without the package ${name}, ${args[0]} says what needs it and the line that installs it, exit code 1`, async (t) => {
    const all = args.length === 1 ? [...args, scratch(t)] : args;
    const started = start(t, ["serve", "--port", "0", ...all], without(name));
    assert.equal(await started.ended, 1);
    assert.equal(started.err(), `openline: ${part} needs the package ${name}: npm install ${name}\n`);
    assert.equal(started.out(), "");
  });
}

const refusals: readonly (readonly [readonly string[], number, RegExp])[] = [
  [["--broker", "redis://127.0.0.1:1"], 1, /cannot use the Redis at redis:\/\/127\.0\.0\.1:1/],
  [["--broker", "redis://127.0.0.1/x"], 2, /path \/x/],
  [["--broker", "mqtt://127.0.0.1"], 2, /--broker must begin with redis/],
  [["--data", "rooms", "--broker", "redis://127.0.0.1"], 2, /--data and --broker exclude each other/],
  [["--data", "rooms", "--durability", "never"], 2, /--durability must be one of os, fsync, not "never"/],
  [["--durability", "fsync"], 2, /--durability fsync needs --data/],
  [["--data", process.execPath], 1, /cannot use .* as data directory/],
];
for (const [args, exitCode, message] of refusals) {
  test(`${args.join(" ")} is refused in one line before anything listens, exit code ${exitCode}`, async (t) => {
    const started = start(t, ["serve", "--port", "0", ...args]);
    assert.equal(await started.ended, exitCode);
    assert.match(started.err(), new RegExp(`^openline: .*${message.source}.*\n$`));
    assert.equal(started.out(), "");
  });
}
