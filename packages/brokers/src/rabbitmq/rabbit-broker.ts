import type { Clock, IdSource } from "@openline/hub";
import type { EngineEvent } from "../engine-link.ts";
import { LogBroker } from "../log/log-broker.ts";
import { loadPeer } from "../optional-peer.ts";
import { readRabbitAddress } from "./rabbit-address.ts";
import { type RabbitTls, rabbitSessions } from "./rabbit-session.ts";

/** How RabbitMQ is opened. */
export interface RabbitBrokerOptions {
  /** `amqp[s]://[user:password@]host[:port][/vhost][?prefix=NAME&partitions=N&hours=N]` */
  readonly url: string;
  readonly tls?: RabbitTls;
  readonly clock: Clock;
  readonly ids: Pick<IdSource, "epoch" | "tag">;
  /** How often this node says who is there. Who is silent for three times as long has left. Default 2,000. */
  readonly heartbeatMs?: number;
  /** A server that accepts and does not answer is given up after so long, a third of it not counted. Default 3,000. */
  readonly watchdogMs?: number;
  /** How long a publish, a read or a subscription waits for RabbitMQ. Default 5,000. */
  readonly patienceMs?: number;
  /** Hears what becomes of the link. Default: nobody. */
  readonly log?: (event: EngineEvent) => void;
}

const peer = { name: "amqplib", neededBy: "the RabbitMQ broker" };

/**
 * Opens rooms in stream queues of RabbitMQ 3.10 or newer, shared by any number of nodes; each reads all of them (docs/brokers/rabbitmq.md). Later losses of
 * the connection are the broker's own affair: it comes back by itself. Close it with `close()`.
 * @throws BrokerError one line: the address is wrong, RabbitMQ cannot be reached or refuses, or the package `amqplib` is missing
 */
export async function openRabbitBroker(options: RabbitBrokerOptions): Promise<LogBroker> {
  const address = readRabbitAddress(options.url);
  const driver = await loadPeer(peer, async () => await import("amqplib"));
  const { clock, ids, tls, heartbeatMs = 2_000, watchdogMs = 3_000, patienceMs = 5_000, log = () => {} } = options;
  const broker = new LogBroker({
    open: rabbitSessions(driver, address, tls, watchdogMs),
    shown: `the RabbitMQ at ${address.shown}`,
    partitions: address.partitions,
    clock,
    ids,
    readBackMs: address.hours * 3_600_000,
    heartbeatMs,
    watchdogMs,
    patienceMs,
    log,
  });
  await broker.start();
  return broker;
}
