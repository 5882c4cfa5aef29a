// How a node comes to a RabbitMQ: as whom, over what, and with which rights.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { freePort, noRabbit, type ServerProcess, startRabbit } from "@openline/testkit";
import { openRabbitBroker, type RabbitBrokerOptions } from "../../src/rabbitmq/index.ts";
import { randomIds } from "../support/random-ids.ts";
import { selfSigned } from "../support/self-signed.ts";
import { systemClock } from "../support/system-clock.ts";

/** docs/brokers/rabbitmq.md: all that a user needs. */
const rights = "^(openline\\..*|amq\\.gen.*|amq\\.default)$";
const folder = mkdtempSync(join(tmpdir(), "openline-test-"));
const { certificate, key, skip: noOpenssl } = selfSigned(folder);
const reason = noRabbit ?? noOpenssl;
const skip = reason === undefined ? {} : { skip: reason };
let server: ServerProcess;
let tlsPort: number;

before(async () => {
  if (reason !== undefined) return;
  tlsPort = await freePort();
  const lines = [
    `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
    `ssl_options.certfile = ${certificate}`,
    `ssl_options.keyfile = ${key}`,
    "ssl_options.verify = verify_none",
    "default_user = hub",
    "default_pass = open-sesame",
    ...["configure", "write", "read"].map((right) => `default_permissions.${right} = ${rights}`),
  ];
  server = await startRabbit(`${lines.join("\n")}\n`);
});
after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

/** Opens a broker and uses all of it that needs a right. */
async function works(t: TestContext, options: Pick<RabbitBrokerOptions, "url" | "tls">): Promise<void> {
  const broker = await openRabbitBroker({ clock: systemClock, ids: randomIds, watchdogMs: 30_000, patienceMs: 60_000, ...options });
  t.after(() => broker.close());
  const retention = { messages: 5, bytes: 1_000, ageMs: 60_000 };
  assert.equal((await broker.publish("a", { content: "", bytes: 0, time: Date.now(), retention })).outcome, "stored");
  const { messages, top } = await broker.read("a", { newest: 1 });
  assert.equal(messages.length, 1);
  await broker.rotate("a", top.epoch);
  assert.notEqual((await broker.read("a", { newest: 0 })).top.epoch, top.epoch);
}

test(
  "R22: a user with a password and no more rights than the page names is enough; without, the start fails in one line that does not show it",
  skip,
  async (t) => {
    assert.ok(readFileSync(new URL("../../../../docs/brokers/rabbitmq.md", import.meta.url), "utf8").includes(rights));
    await works(t, { url: `amqp://hub:open-sesame@127.0.0.1:${server.port}?partitions=1` });
    for (const login of ["", "hub:wrong-word@", "guest:guest@"]) {
      await assert.rejects(
        works(t, { url: `amqp://${login}127.0.0.1:${server.port}?partitions=1` }),
        (error: Error & { code?: string }) =>
          error.code === "unreachable" && /refuses the user name or password/.test(error.message) && !/wrong-word|\n/.test(error.message),
      );
    }
  },
);

test("R22: TLS: a certificate is checked, against the given ones or those that Node trusts", skip, async (t) => {
  const url = `amqps://hub:open-sesame@localhost:${tlsPort}?prefix=openline&partitions=1`;
  await works(t, { url, tls: { ca: readFileSync(certificate, "utf8") } });
  await assert.rejects(works(t, { url }), /self-signed certificate/);
  await assert.rejects(
    works(t, { url: url.replace("localhost", "127.0.0.1"), tls: { ca: readFileSync(certificate, "utf8") } }),
    /altnames/,
  );
});
