import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { brokerRules } from "@openline/hub/testing";
import { freePort, noRedis, RedisCluster, RedisServer } from "@openline/testkit";
import { RedisBroker, type RedisBrokerOptions, type RedisEvent, readRedisAddress } from "../../src/redis/index.ts";
import { redisSessions } from "../../src/redis/open-redis.ts";
import { randomIds } from "../support/random-ids.ts";
import { scratch } from "../support/scratch.ts";
import { selfSigned } from "../support/self-signed.ts";
import { systemClock } from "../support/system-clock.ts";

const skip = noRedis === undefined ? {} : { skip: noRedis };

async function works(t: TestContext, options: Pick<RedisBrokerOptions, "url" | "tls">): Promise<void> {
  const broker = await RedisBroker.open({ clock: systemClock, ids: randomIds, ...options });
  t.after(() => broker.close());
  const retention = { messages: 5, bytes: 1000, ageMs: 60_000 };
  assert.equal((await broker.publish("a", { content: "", bytes: 0, time: Date.now(), retention })).outcome, "stored");
}

test("a password is given; without it, or with another, the start fails in one line that does not show it", skip, async (t) => {
  const server = await RedisServer.start("--requirepass", "open-sesame");
  t.after(async () => await server.stop());
  await works(t, { url: `redis://:open-sesame@127.0.0.1:${server.port}` });
  for (const login of ["", ":wrong-word@"]) {
    await assert.rejects(
      works(t, { url: `redis://${login}127.0.0.1:${server.port}` }),
      (error: Error & { code?: string }) =>
        error.code === "unreachable" && /refuses the user name or password/.test(error.message) && !/wrong-word|\n/.test(error.message),
    );
  }
});

/** Rules that together run every script and command. */
const touching = new Set(["same-id", "retention", "rotate", "pages", "members", "signals"]);

/** docs/brokers/redis.md: all that a user needs. */
const acl =
  "~openline:* resetchannels &openline:* -@all +@read +@write +@pubsub +@scripting +@connection +time +cluster|info +cluster|slots +cluster|shards";

test(
  "credentials: a user of Redis's ACL with no more rights than the page names is enough for all that is asked of Redis",
  skip,
  async (t) => {
    const server = await RedisServer.start();
    t.after(async () => await server.stop());
    assert.equal(await server.ask(`ACL SETUSER hub on >open-sesame ${acl}`), "+OK\r\n");
    assert.equal(await server.ask("ACL SETUSER default off"), "+OK\r\n");
    const options = { url: `redis://hub:open-sesame@127.0.0.1:${server.port}`, clock: systemClock, ids: randomIds };
    const faults: unknown[] = [];
    for (const { id, check } of brokerRules.filter((rule) => touching.has(rule.id))) {
      const [broker, other] = [await open(id), await open(id)];
      await check({
        broker,
        other,
        now: () => Date.now(),
        windowMs: 100,
        pass: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)),
        settle: async () => {
          for (const one of [broker, other, broker, other]) await one.ping();
        },
        close: () => undefined,
      });
      await broker.rooms();
      broker.close();
      other.close();
    }
    assert.deepEqual(faults, []);
    await assert.rejects(works(t, { url: `redis://127.0.0.1:${server.port}` }), {
      code: "unreachable",
      message: /refuses the user name or password/,
    });
    await assert.rejects(
      RedisBroker.open({ ...options, url: options.url.replace("sesame", "wrong-word") }),
      (error: Error) => !/wrong-word/.test(error.message),
    );

    async function open(id: string): Promise<RedisBroker> {
      const log = (event: RedisEvent): void => void (event.type === "fault" && faults.push(event.error));
      return await RedisBroker.open({ ...options, url: `${options.url}?prefix=openline:${id}`, log });
    }
  },
);

test("credentials: every node of a cluster is asked as the user of the address", skip, async (t) => {
  const cluster = await RedisCluster.start();
  t.after(async () => await cluster.stop());
  for (const server of cluster.masters) assert.equal(await server.ask(`ACL SETUSER hub on >p%40ss ${acl} +acl|whoami`), "+OK\r\n");
  const open = await redisSessions(readRedisAddress(cluster.url.replace("redis://", "redis://hub:p%2540ss@")), undefined, 3_000);
  const session = await open({ message: () => undefined, lost: () => undefined }, new AbortController().signal);
  t.after(() => session.destroy());
  await session.subscribe(["openline:{a}"]);
  const names = await Promise.all(["a", "b", "c", "d", "e", "f"].map(async (key) => await session.command(key, ["ACL", "WHOAMI"])));
  assert.deepEqual([...new Set(names)], ["hub"]);
});

test("rediss:// speaks TLS and checks the certificate", skip, async (t) => {
  const { certificate, key, skip: noCertificate } = selfSigned(scratch(t));
  if (noCertificate !== undefined) return t.skip(noCertificate);
  const tlsPort = await freePort();
  const server = await RedisServer.start(
    "--tls-port",
    String(tlsPort),
    "--tls-cert-file",
    certificate,
    "--tls-key-file",
    key,
    "--tls-auth-clients",
    "no",
  );
  t.after(async () => await server.stop());
  await works(t, { url: `rediss://localhost:${tlsPort}`, tls: { ca: readFileSync(certificate, "utf8") } });
  await assert.rejects(works(t, { url: `rediss://localhost:${tlsPort}` }), { code: "unreachable", message: /self.signed/ });
});

test("where nobody listens, or nobody answers, the start fails in one line within the watchdog's time", async (t) => {
  const port = await freePort();
  await assert.rejects(works(t, { url: `redis://127.0.0.1:${port}` }), {
    code: "unreachable",
    message: new RegExp(`^cannot use the Redis at redis://127\\.0\\.0\\.1:${port}: .*ECONNREFUSED.*$`),
  });
  const mute = createServer().listen(0, "127.0.0.1");
  t.after(() => mute.close());
  await new Promise((resolve) => mute.once("listening", resolve));
  const address = mute.address();
  assert.ok(address !== null && typeof address === "object");
  const options = { clock: systemClock, ids: randomIds, watchdogMs: 300 };
  await assert.rejects(RedisBroker.open({ ...options, url: `redis://127.0.0.1:${address.port}` }), {
    code: "unreachable",
    message: /no answer for 300 ms/,
  });
});

test("a missing driver is named with the line that installs it", async () => {
  const { loadPeer } = await import("../../src/optional-peer.ts");
  const load = async (): Promise<unknown> => await import(["@openline", "no-such-package"].join("/"));
  await assert.rejects(loadPeer({ name: "@openline/no-such-package", neededBy: "the test" }, load), {
    code: "missing-package",
    message: "the test needs the package @openline/no-such-package: npm install @openline/no-such-package",
  });
});
