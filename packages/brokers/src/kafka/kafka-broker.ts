import type { Clock, IdSource } from "@openline/hub";
import type * as Driver from "kafka-ts";
import { BrokerError, textOf } from "../broker-error.ts";
import type { EngineEvent } from "../engine-link.ts";
import { LogBroker } from "../log/log-broker.ts";
import type { LogEvents, LogSession } from "../log/log-session.ts";
import { loadPeer } from "../optional-peer.ts";
import { type KafkaAddress, readKafkaAddress } from "./kafka-address.ts";
import { KafkaSession, type KafkaTimes, readLayout } from "./kafka-session.ts";

/** TLS of one's own, for `kafka+tls://`. Default: the certificates that Node trusts. PEM texts. */
export interface KafkaTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** How Kafka is opened. */
export interface KafkaBrokerOptions {
  /** `kafka[+tls]://[user:password@]host[:port][?prefix=NAME&server=HOST:PORT&sasl=MECHANISM&hours=N]` */
  readonly url: string;
  readonly tls?: KafkaTls;
  readonly clock: Clock;
  readonly ids: Pick<IdSource, "epoch" | "tag">;
  /** How often this node says who is there. Who is silent for three times as long has left. Default 2,000. */
  readonly heartbeatMs?: number;
  /** A server that accepts and does not answer is given up after so long, a third of it not counted. Default 3,000. */
  readonly watchdogMs?: number;
  /** How long a publish, a read or a subscription waits for Kafka. Default 5,000. */
  readonly patienceMs?: number;
  /** How long a server may hold a question for new records; the answer comes as soon as there are some. Default 500. */
  readonly maxWaitMs?: number;
  /** Hears what becomes of the link. Default: nobody. */
  readonly log?: (event: EngineEvent) => void;
}

const peer = { name: "kafka-ts", neededBy: "the Kafka broker" };

/**
 * Opens rooms in topics of Kafka, shared by any number of nodes; each reads all of them (docs/brokers/kafka.md). A preview: it was tested with
 * librdkafka's mock of Kafka, no real one. Close it with `close()`.
 * @throws BrokerError one line: the address is wrong, Kafka cannot be reached or refuses, a topic is missing, or the package `kafka-ts` is
 */
export async function openKafkaBroker(options: KafkaBrokerOptions): Promise<LogBroker> {
  const address = readKafkaAddress(options.url);
  const driver = await loadPeer(peer, async () => await import("kafka-ts"));
  driver.setLogger({ debug: ignore, info: ignore, warn: ignore, error: ignore });
  const { clock, ids, tls, heartbeatMs = 2_000, watchdogMs = 3_000, patienceMs = 5_000, maxWaitMs = 500, log = ignore } = options;
  const times = { maxWaitMs, acknowledgeMs: watchdogMs };
  const client = clientOf(driver, address, tls, times);
  const shown = `the Kafka at ${address.shown}`;
  const partitions = await countPartitions(driver, client, address.prefix, shown);
  const open = async (events: LogEvents): Promise<LogSession> => {
    const [writing, reading] = [client.createCluster(), client.createCluster()];
    try {
      await Promise.all([writing.connect(), reading.connect()]);
      const layout = await readLayout(driver, writing, address.prefix);
      // Rooms would be looked for elsewhere than they are.
      if (layout.places.length - 1 !== partitions) throw new Error("the number of partitions has changed: start all nodes anew");
      const session = new KafkaSession(driver, writing, reading, layout, events, times);
      await session.prepare();
      return session;
    } catch (error) {
      for (const cluster of [writing, reading]) cluster.disconnect().catch(ignore);
      throw error;
    }
  };
  const readBackMs = address.hours * 3_600_000;
  // Connecting takes several round trips to several servers.
  const broker = new LogBroker({ open, shown, partitions, clock, ids, readBackMs, heartbeatMs, watchdogMs, patienceMs, log });
  await broker.start();
  return broker;
}

type Client = ReturnType<typeof Driver.createKafkaClient>;

async function countPartitions(driver: typeof Driver, client: Client, prefix: string, shown: string): Promise<number> {
  const cluster = client.createCluster();
  try {
    await cluster.connect();
    return (await readLayout(driver, cluster, prefix)).places.length - 1;
  } catch (error) {
    if (error instanceof BrokerError) throw error;
    throw new BrokerError("unreachable", `cannot use ${shown}: ${refusalOf(error)}`, error);
  } finally {
    cluster.disconnect().catch(ignore);
  }
}

function refusalOf(error: unknown): string {
  const [line = ""] = textOf(error).split("\n");
  return /sasl|authenticat/i.test(line) ? "it refuses the user name or password" : line;
}

function clientOf(driver: typeof Driver, address: KafkaAddress, tls: KafkaTls | undefined, { acknowledgeMs }: KafkaTimes): Client {
  const provider = { plain: driver.saslPlain, "scram-sha-256": driver.saslScramSha256, "scram-sha-512": driver.saslScramSha512 };
  return driver.createKafkaClient({
    clientId: "openline",
    bootstrapServers: [...address.servers],
    connectTimeout: acknowledgeMs,
    // The watchdog is quicker; this bounds what it does not see.
    requestTimeout: 2 * acknowledgeMs,
    ...((address.isSecure || tls !== undefined) && { ssl: { ...tls } }),
    ...(address.sasl !== undefined && { sasl: provider[address.sasl.mechanism](address.sasl) }),
  });
}

function ignore(): void {}
