import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { freePort, noRedis, RedisServer } from "@openline/testkit";
import { RedisBroker, type RedisBrokerOptions } from "../../src/redis/index.ts";
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
