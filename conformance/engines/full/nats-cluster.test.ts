// NATS as a cluster of three that keeps each message three times: whichever server dies, nothing is lost. The page of NATS: docs/brokers/nats.md.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, noNats, type ServerProcess, startNats } from "@openline/testkit";
import { World } from "../../faults/world.ts";

const skip = noNats === undefined ? {} : { skip: noNats };
const seeds = Number(process.env["OPENLINE_SEEDS"] ?? 2);
const firstSeed = Number(process.env["OPENLINE_SEED"] ?? 200);
const patienceMs = 120_000;

interface Cluster {
  readonly servers: readonly ServerProcess[];
  /** The server that leads the stream of all rooms. */
  leader(): Promise<ServerProcess>;
}

/** Three servers that know each other. JetStream serves once they have found a leader. */
async function startCluster(t: TestContext): Promise<Cluster> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const routes = ports.map((port) => `"nats-route://127.0.0.1:${port}"`).join(", ");
  const servers: ServerProcess[] = [];
  t.after(async () => await Promise.all(servers.map(async (server) => await server.stop())));
  for (const port of ports) servers.push(await startNats(`cluster { name: "c", listen: "127.0.0.1:${port}", routes: [${routes}] }\n`));
  const ask = async (what: string): Promise<Answer> => await askFirst(servers, what);
  await until("JetStream serves", async () => (await ask("INFO")).error === undefined);
  const leader = async (): Promise<ServerProcess> => {
    let found: ServerProcess | undefined;
    await until("the stream has a leader", async () => {
      const { cluster } = await ask("STREAM.INFO.openline_rooms");
      found = servers.find(({ port }) => cluster?.leader === `n${port}`);
      return found !== undefined && cluster?.replicas?.every(({ current }) => current) === true;
    });
    return found ?? assert.fail();
  };
  return { servers, leader };
}

interface Answer {
  readonly error?: object;
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly { readonly current: boolean }[] };
}

/** Asks JetStream's API through the first server that answers. */
async function askFirst(servers: readonly ServerProcess[], what: string): Promise<Answer> {
  return await Promise.any(servers.map(async ({ port }) => await ask(port, what)));
}

async function ask(port: number, what: string): Promise<Answer> {
  const socket = connect(port, "127.0.0.1");
  try {
    return await new Promise<Answer>((resolve, reject) => {
      let said = "";
      socket.setTimeout(3_000, () => reject(new Error("no answer")));
      socket.once("error", reject).once("close", () => reject(new Error("closed")));
      socket.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const [, body] = /MSG answer 1 \d+\r\n(.*)\r\n/.exec(said) ?? [];
        if (body !== undefined) resolve(JSON.parse(body) as Answer);
      });
      socket.write(`CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB $JS.API.${what} answer 0\r\n\r\n`);
    });
  } finally {
    socket.destroy();
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds().catch(() => false))) {
    assert.ok(performance.now() < deadline, `${what}: not within ${patienceMs} ms`);
    await delay(100);
  }
}

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  test(
    `NATS, three servers, three copies: the leader of the stream is killed while publishing goes on, and comes again: nothing is lost, seed ${seed}`,
    skip,
    async (t) => {
      const { servers, leader } = await startCluster(t);
      const others = servers.slice(1).map(({ port }) => `&server=127.0.0.1:${port}`);
      const world = await World.onEngine(t, servers[0]?.port ?? 0, (port) => `nats://127.0.0.1:${port}?replicas=3${others.join("")}`);
      const { held, settled, counts, violations } = await world.verify(seed, async () => {
        for (let round = 0; round < 2; round++) {
          const led = await leader();
          await led.kill();
          await world.flow();
          await led.restart();
          await world.flow();
        }
      });
      t.diagnostic(`seed ${seed}: ${JSON.stringify(counts)}`);
      assert.ok(held, `${violations.length} violations; the first: ${JSON.stringify(violations[0], undefined, 1)}`);
      assert.ok(settled, "not everyone came back and up to date");
      assert.ok(counts.acknowledged > 60, `only ${counts.acknowledged} messages were stored`);
      const { insufficient, notRecovered, lostButTold } = counts;
      assert.deepEqual({ insufficient, notRecovered, lostButTold }, { insufficient: 0, notRecovered: 0, lostButTold: 0 });
    },
  );
}
