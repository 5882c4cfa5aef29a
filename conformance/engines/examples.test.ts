// WORKED-EXAMPLES V: an engine as the message distribution system between two servers, each with one command; and examples/cluster.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "@openline/client";
import {
  findProgram,
  freePort,
  KafkaMock,
  noKafka,
  noNats,
  noRabbit,
  noRedis,
  RedisServer,
  startNats,
  startRabbit,
} from "@openline/testkit";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../../", import.meta.url));
const deadlineMs = 60_000;

/** The engine of an address, for one test. */
type Start = (t: TestContext) => Promise<string>;

const commands: readonly [engine: string, skip: string | undefined, start: Start][] = [
  [
    "Redis",
    noRedis,
    async (t) => {
      const server = await RedisServer.start();
      t.after(async () => await server.stop());
      return server.url;
    },
  ],
  [
    "RabbitMQ",
    noRabbit,
    async (t) => {
      const server = await startRabbit();
      t.after(async () => await server.stop());
      return `amqp://guest:guest@127.0.0.1:${server.port}`;
    },
  ],
  [
    "Kafka",
    noKafka,
    async (t) => {
      const mock = await KafkaMock.start();
      t.after(async () => await mock.stop());
      return `kafka://127.0.0.1:${mock.port}`;
    },
  ],
  [
    "NATS",
    noNats,
    async (t) => {
      const server = await startNats();
      t.after(async () => await server.stop());
      return `nats://127.0.0.1:${server.port}`;
    },
  ],
];

for (const [engine, skip, start] of commands) {
  test(`V: ${engine} distributes messages between two servers, with one command`, skip === undefined ? {} : { skip }, async (t) => {
    const child = spawn(process.execPath, [join(root, "examples/brokers/two-servers.js"), await start(t)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    t.after(() => void child.kill("SIGKILL"));
    const said = collect(child);
    const [code] = (await once(child, "close", { signal: AbortSignal.timeout(deadlineMs) })) as [number | null];
    assert.equal(code, 0, said());
    assert.match(said(), /^bob heard ann say "你好 from the other server 👋" at /m);
  });
}

test("V: without an engine, or with one that is not there, the example says so in one line", async () => {
  for (const [args, line] of [
    [[], /^Which engine\?/],
    [["redis://127.0.0.1:1"], /^cannot use the Redis at redis:\/\/127\.0\.0\.1:1/m],
  ] as const) {
    const child = spawn(process.execPath, [join(root, "examples/brokers/two-servers.js"), ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const said = collect(child);
    const [code] = (await once(child, "close", { signal: AbortSignal.timeout(deadlineMs) })) as [number | null];
    assert.notEqual(code, 0);
    assert.match(said(), line);
  }
});

const [redis, nginx] = [findProgram("redis-server"), findProgram("nginx")];
const noCluster = [redis, nginx].flatMap((program) => (program.path === undefined ? [program.reason] : []))[0];

test("V: examples/cluster starts two nodes, nginx and Redis with one command, and ends all of it", {
  skip: noCluster ?? false,
}, async (t) => {
  const data = mkdtempSync(join(tmpdir(), "openline-cluster-test-"));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const port = await freePort();
  const child = spawn(process.execPath, [join(root, "examples/cluster/start.js")], {
    env: { ...process.env, ...withPrograms(), PORT: String(port), DATA: data },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  t.after(() => killGroup(child));
  const said = collect(child);
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const deadline = performance.now() + deadlineMs;
    while (!holds()) {
      assert.ok(performance.now() < deadline && child.exitCode === null, `${what}: ${said()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await until("it starts", () => said().includes(`two nodes behind http://localhost:${port}/`));
  const heard: unknown[][] = [];
  const rooms = Array.from({ length: 4 }, (_, index) => {
    const client = new Client(`http://localhost:${port}/`, { user: `user${index}` });
    t.after(() => client.close());
    const own: unknown[] = [];
    heard.push(own);
    const room = client.join("lobby", { presence: true });
    room.on("message", (message) => void own.push(message.data));
    return room;
  });
  await until("all see all", () => rooms.every((room) => room.members.length === 4));
  await rooms[0]?.publish("before");
  await until("all hear it", () => heard.every((own) => own.includes("before")));
  const [first] = nodesOf(child);
  assert.ok(first !== undefined);
  child.kill("SIGTERM");
  await once(child, "close", { signal: AbortSignal.timeout(deadlineMs) });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(existsSync(`/proc/${first}`), false, "nothing is left behind");
  assert.ok(existsSync(join(data, "appendonlydir")), "the rooms stay");
});

interface Service {
  readonly image?: unknown;
  readonly command?: unknown;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition?: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly environment?: Readonly<Record<string, string>>;
}

test("V: compose.yaml of examples/cluster reads as what its page says, pins its images, and waits for what is healthy", () => {
  const folder = join(root, "examples/cluster");
  const compose = parse(readFileSync(join(folder, "compose.yaml"), "utf8"), { merge: true }) as {
    readonly services: Readonly<Record<string, Service>>;
    readonly volumes: Readonly<Record<string, unknown>>;
  };
  const { services, volumes } = compose;
  assert.deepEqual(Object.keys(services), ["redis", "node-1", "node-2", "nginx"]);
  for (const [name, { image, volumes: mounts = [], depends_on = {}, ports = [] }] of Object.entries(services)) {
    assert.match(String(image), /^[a-z]+:\d+(\.\d+)?-[a-z-]+$/, `${name} pins its image`);
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, `${name} listens on loopback alone`);
    for (const mount of mounts) {
      const [from = ""] = mount.split(":");
      if (from.startsWith("./")) assert.ok(existsSync(join(folder, from)), `${from} is there`);
      else assert.ok(from in volumes, `the volume ${from} is declared`);
    }
    for (const [other, { condition }] of Object.entries(depends_on)) {
      assert.ok((services[other]?.healthcheck?.test?.length ?? 0) > 1, `${other}, which ${name} waits for, has a health check`);
      assert.equal(condition, "service_healthy");
    }
  }
  const configuration = readFileSync(join(folder, "nginx.conf"), "utf8");
  for (const [, host = ""] of configuration.matchAll(/^\s*server ([\w-]+):8000/gm))
    assert.ok(host in services, `nginx's ${host} is a service`);
  assert.equal(services["node-1"]?.environment?.["OPENLINE_BROKER"], "redis://redis:6379");
  const version = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8")) as { version: string };
  assert.ok(JSON.stringify(services["node-1"]?.command).includes(`openline@${version.version}`), "the version is this one");
  assert.match(readFileSync(join(folder, "README.md"), "utf8"), /That file was not run here/);
});

function collect(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (part: string) => (text += part));
  return () => text;
}

/** The programs that were unpacked for the tests, as if they were installed. */
function withPrograms(): Record<string, string> {
  const found = [redis, nginx].filter((program) => program.path !== undefined);
  const folders = found.map(({ path }) => dirname(path));
  const libraries = found.flatMap(({ env }) => env["LD_LIBRARY_PATH"] ?? []);
  return {
    PATH: [...folders, process.env["PATH"] ?? ""].join(delimiter),
    ...(libraries.length > 0 && { LD_LIBRARY_PATH: libraries.join(delimiter) }),
  };
}

function nodesOf(child: ChildProcess): number[] {
  return readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  } catch {
    // It has ended.
  }
}
