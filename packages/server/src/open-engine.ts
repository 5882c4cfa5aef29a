import type { EngineEvent } from "@openline/brokers";
import type { Broker, Clock } from "@openline/hub";
import type { EngineName } from "./broker-address.ts";
import { faultText } from "./fault.ts";
import type { OpenBroker } from "./late-broker.ts";
import type { Logger } from "./log.ts";
import { randomIds } from "./random-ids.ts";
import { systemClock } from "./system-clock.ts";

/** What every engine's broker takes. */
interface EngineOptions {
  readonly url: string;
  readonly tls?: { readonly ca: string };
  readonly clock: Clock;
  readonly ids: typeof randomIds;
  readonly log: (event: EngineEvent) => void;
}

interface EngineBroker extends Broker {
  readonly isUp: boolean;
  closed(): Promise<void>;
}

/** What an engine is asked for; its library is loaded only then. */
interface Engine {
  /** Reads an address. @throws BrokerError `bad-address` */
  readonly read: (url: string) => { readonly shown: string; readonly prefix: string };
  readonly open: (options: EngineOptions) => Promise<EngineBroker>;
}

const engines: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  Redis: async () => {
    const { readRedisAddress, RedisBroker } = await import("@openline/brokers/redis");
    return { read: readRedisAddress, open: async (options) => await RedisBroker.open(options) };
  },
  NATS: async () => {
    const { readNatsAddress, NatsBroker } = await import("@openline/brokers/nats");
    return { read: readNatsAddress, open: async (options) => await NatsBroker.open(options) };
  },
  RabbitMQ: async () => {
    const { readRabbitAddress, openRabbitBroker } = await import("@openline/brokers/rabbitmq");
    return { read: readRabbitAddress, open: async (options) => await openRabbitBroker(options) };
  },
  Kafka: async () => {
    const { readKafkaAddress, openKafkaBroker } = await import("@openline/brokers/kafka");
    return { read: readKafkaAddress, open: async (options) => await openKafkaBroker(options) };
  },
};

/**
 * Opens rooms over an engine; `ca` is a PEM text of certificates to trust.
 * @throws BrokerError in one line that shows no password
 */
export async function openEngine(name: EngineName, url: string, ca: string | undefined, log: Logger): Promise<OpenBroker> {
  const { read, open } = await engines[name]();
  const { shown, prefix } = read(url);
  const about = { engine: name, address: shown };
  const broker = await open({
    url,
    ...(ca !== undefined && { tls: { ca } }),
    clock: systemClock,
    ids: randomIds,
    log: (event) => {
      if (event.type === "down") log.warn({ ...about, reason: faultText(event.error) }, `the link to ${name} is down`);
      else if (event.type === "up") log.info(about, `the link to ${name} is up again`);
      else log.error({ ...about, err: event.error }, `${name} refused something`);
    },
  });
  log.info({ ...about, prefix }, `rooms are shared over ${name}`);
  return { broker, close: async () => (broker.close(), await broker.closed()), isAway: () => !broker.isUp };
}
