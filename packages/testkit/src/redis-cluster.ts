import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { RedisServer } from "./redis-server.ts";

const slots = 16_384;
const busPorts = new WeakMap<RedisServer, number>();

/** A real Redis Cluster on loopback: masters that share the slots, each with a replica. Stop it at the end of the test. */
export class RedisCluster {
  readonly masters: readonly RedisServer[];
  readonly replicas: readonly RedisServer[];

  private constructor(masters: readonly RedisServer[], replicas: readonly RedisServer[]) {
    this.masters = masters;
    this.replicas = replicas;
  }

  /** Starts it and waits until every node finds it whole. A master that is gone for `nodeTimeoutMs` is replaced by its replica. */
  static async start({ masters = 3, nodeTimeoutMs = 1500 }: { masters?: number; nodeTimeoutMs?: number } = {}): Promise<RedisCluster> {
    const servers: RedisServer[] = [];
    try {
      for (let index = 0; index < masters * 2; index++) servers.push(await startNode(nodeTimeoutMs));
      const cluster = new RedisCluster(servers.slice(0, masters), servers.slice(masters));
      await cluster.#join();
      return cluster;
    } catch (error) {
      for (const server of servers) await server.stop();
      throw error;
    }
  }

  /** The address of one node, with the others named. */
  get url(): string {
    const [first, ...others] = this.masters;
    return `${first?.url}?cluster=true${others.map(({ port }) => `&node=127.0.0.1:${port}`).join("")}`;
  }

  get servers(): RedisServer[] {
    return [...this.masters, ...this.replicas];
  }

  /** The master that has the slot of a key. */
  async masterOf(key: string): Promise<RedisServer> {
    for (const server of this.masters) if ((await server.ask(`EXISTS ${key}`).catch(() => "-")).startsWith(":")) return server;
    throw new Error(`no master has the key ${key}`);
  }

  async stop(): Promise<void> {
    for (const server of this.servers) await server.stop();
  }

  async #join(): Promise<void> {
    const [first] = this.masters;
    const share = Math.ceil(slots / this.masters.length);
    for (const [index, server] of this.masters.entries()) {
      await expectOk(server, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
      await expectOk(server, `CLUSTER ADDSLOTSRANGE ${index * share} ${Math.min(slots, (index + 1) * share) - 1}`);
    }
    for (const server of this.servers)
      if (server !== first)
        await expectOk(server, `CLUSTER MEET 127.0.0.1 ${first?.port} ${first === undefined ? "" : busPorts.get(first)}`);
    for (const server of this.servers) await until(server, "CLUSTER INFO", `cluster_known_nodes:${this.servers.length}\r`);
    for (const [index, server] of this.replicas.entries()) {
      const id = /\r\n(\w{40})/.exec((await this.masters[index]?.ask("CLUSTER MYID")) ?? "")?.[1];
      await expectOk(server, `CLUSTER REPLICATE ${id}`);
    }
    for (const server of this.replicas) await until(server, "INFO replication", "master_link_status:up");
    for (const server of this.servers) await until(server, "CLUSTER INFO", "cluster_state:ok");
    for (const server of this.masters) await until(server, "INFO replication", "connected_slaves:1");
  }
}

async function startNode(nodeTimeoutMs: number): Promise<RedisServer> {
  const busPort = await freePort();
  const args = ["--cluster-enabled", "yes", "--cluster-port", String(busPort), "--cluster-node-timeout", String(nodeTimeoutMs)];
  const server = await RedisServer.start(...args, "--cluster-allow-replica-migration", "no", "--repl-diskless-sync-delay", "0");
  busPorts.set(server, busPort);
  return server;
}

async function expectOk(server: RedisServer, command: string): Promise<void> {
  const answer = await server.ask(command);
  if (!answer.startsWith("+OK")) throw new Error(`${command}: ${answer}`);
}

async function until(server: RedisServer, command: string, text: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await server.ask(command)).includes(text)) {
    if (performance.now() > deadline) throw new Error(`not within 20 s: ${text} on ${server.port}`);
    await wait(20);
  }
}
