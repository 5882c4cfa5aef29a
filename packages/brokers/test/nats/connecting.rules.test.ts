import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { noNats, type ServerProcess, startNats } from "@openline/testkit";
import { type EngineEvent, NatsBroker, type NatsBrokerOptions } from "../../src/nats/index.ts";
import { operatorMode } from "../support/nats-operator.ts";
import { randomIds } from "../support/random-ids.ts";
import { scratch } from "../support/scratch.ts";
import { selfSigned } from "../support/self-signed.ts";
import { systemClock, until } from "../support/system-clock.ts";
import { timed } from "../support/timed.ts";

const skip = noNats === undefined ? {} : { skip: noNats };

async function nats(t: TestContext, configuration = ""): Promise<ServerProcess> {
  const server = await startNats(configuration);
  t.after(async () => await server.stop());
  return server;
}

async function works(t: TestContext, options: Pick<NatsBrokerOptions, "url" | "tls">): Promise<void> {
  const broker = await NatsBroker.open({ clock: systemClock, ids: randomIds, watchdogMs: 30_000, ...options });
  t.after(() => broker.close());
  const retention = { messages: 5, bytes: 1_000, ageMs: 60_000 };
  assert.equal((await broker.publish("a", { content: "", bytes: 0, time: Date.now(), retention })).outcome, "stored");
}

test(
  "a user and a password are given; without them, or with others, the start fails in one line that does not show them",
  skip,
  async (t) => {
    const { port } = await nats(t, 'authorization { users: [ { user: "hub", password: "open-sesame" } ] }\n');
    await works(t, { url: `nats://hub:open-sesame@127.0.0.1:${port}` });
    for (const login of ["", "hub:wrong-word@", "wrong-word@"]) {
      await assert.rejects(
        works(t, { url: `nats://${login}127.0.0.1:${port}` }),
        (error: Error & { code?: string }) =>
          error.code === "unreachable" && /refuses the user name or password/.test(error.message) && !/wrong-word|\n/.test(error.message),
      );
    }
  },
);

/** docs/brokers/nats.md: all that a user needs. */
const permissions = 'publish: ["openline.>", "$JS.API.>"], subscribe: ["openline.>", "_INBOX.>"]';

test("credentials: a user with no more rights than the page names is enough", skip, async (t) => {
  assert.ok(readFileSync(new URL("../../../../docs/brokers/nats.md", import.meta.url), "utf8").includes(permissions));
  const { port } = await nats(t, `authorization { users: [ { user: "hub", password: "pw", permissions: { ${permissions} } } ] }\n`);
  const url = `nats://hub:pw@127.0.0.1:${port}`;
  await works(t, { url });
  const broker = await NatsBroker.open({ url, clock: systemClock, ids: randomIds });
  t.after(() => broker.close());
  await broker.rotate("a", (await broker.read("a", { newest: 0 })).top.epoch);
  assert.deepEqual((await broker.read("a", { offset: 0 })).messages, []);
});

test(
  "R22: credentials: a JWT and its seed in a file, as nsc writes them, are enough; those of another account are refused",
  skip,
  async (t) => {
    const folder = scratch(t);
    const { configuration, credentials } = operatorMode();
    const { port } = await nats(t, configuration);
    const file = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return encodeURIComponent(path);
    };
    await works(t, { url: `nats://127.0.0.1:${port}?credentials=${file("hub.creds", credentials)}` });
    const { credentials: foreign } = operatorMode();
    for (const wrong of [`?credentials=${file("foreign.creds", foreign)}`, ""]) {
      await assert.rejects(works(t, { url: `nats://127.0.0.1:${port}${wrong}` }), {
        code: "unreachable",
        message: /refuses the user name or password/,
      });
    }
  },
);

test("a token is a user without a password", skip, async (t) => {
  const { port } = await nats(t, 'authorization { token: "open-sesame" }\n');
  await works(t, { url: `nats://open-sesame@127.0.0.1:${port}` });
});

test("TLS: a certificate is checked, against the given ones or those that Node trusts", skip, async (t) => {
  const { certificate, key, skip: noOpenssl } = selfSigned(scratch(t));
  if (noOpenssl !== undefined) {
    t.skip(noOpenssl);
    return;
  }
  const { port } = await nats(t, `tls { cert_file: "${certificate}", key_file: "${key}" }\n`);
  const url = `nats+tls://localhost:${port}`;
  await works(t, { url, tls: { ca: readFileSync(certificate, "utf8") } });
  await assert.rejects(works(t, { url }), /self-signed certificate/);
});

test("a server that cannot be reached, has no JetStream, or hangs amid the greeting is told in one line", skip, async (t) => {
  await assert.rejects(works(t, { url: "nats://127.0.0.1:1" }), {
    code: "unreachable",
    message: /cannot use the NATS at nats:\/\/127\.0\.0\.1:1: .*/,
  });
  const mute = createServer().listen(0, "127.0.0.1");
  t.after(() => mute.close());
  await until("it listens", () => mute.listening);
  const { port } = mute.address() as { port: number };
  const options = { clock: systemClock, ids: randomIds, watchdogMs: 300 };
  await assert.rejects(NatsBroker.open({ ...options, url: `nats://127.0.0.1:${port}` }), { code: "unreachable" });
});

test("a NATS that stops answering is noticed within 5 s by the defaults, and used again when it answers", skip, async (t) => {
  const server = await nats(t);
  const events: EngineEvent[] = [];
  const url = `nats://127.0.0.1:${server.port}`;
  const broker = await NatsBroker.open({ url, clock: systemClock, ids: randomIds, log: (event) => events.push(event) });
  t.after(() => broker.close());
  server.signal("SIGSTOP");
  const isNoticed = (): boolean => events.some(({ type }) => type === "down");
  const { tookMs, lateMs } = await timed(async () => await until("the watchdog barks", isNoticed, 60_000));
  t.diagnostic(`noticed after ${Math.round(tookMs)} ms, of which this process stood still for ${Math.round(lateMs)} ms`);
  assert.ok(tookMs < 5_000 + 10 * lateMs, `noticed after ${tookMs} ms`);
  assert.equal(broker.isUp, false);
  server.signal("SIGCONT");
  await until("the link is up again", () => broker.isUp, 60_000);
});
