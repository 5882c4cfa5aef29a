/** What each protocol of a broker's address means. */
interface EngineProtocol {
  readonly engine: EngineName;
  readonly isSecure: boolean;
}

/** The engines that carry rooms between processes. */
export type EngineName = "Redis" | "NATS" | "RabbitMQ" | "Kafka";

const protocols: Readonly<Record<string, EngineProtocol>> = {
  redis: { engine: "Redis", isSecure: false },
  rediss: { engine: "Redis", isSecure: true },
  nats: { engine: "NATS", isSecure: false },
  "nats+tls": { engine: "NATS", isSecure: true },
  amqp: { engine: "RabbitMQ", isSecure: false },
  amqps: { engine: "RabbitMQ", isSecure: true },
  kafka: { engine: "Kafka", isSecure: false },
  "kafka+tls": { engine: "Kafka", isSecure: true },
};

const known = Object.keys(protocols).map((protocol) => `${protocol}://`);

/** The protocols, for people: `redis://, … or …`. */
export const brokerProtocols: string = `${known.slice(0, -1).join(", ")} or ${known.at(-1)}`;
/** Those with TLS. */
export const secureProtocols: string = known.filter((protocol) => engineOf(protocol)?.isSecure).join(", ");

/** Which engine an address means; `undefined` for none. */
export function engineOf(address: string): EngineProtocol | undefined {
  const protocol = /^([a-z+]+):\/\//.exec(address)?.[1];
  return protocol === undefined || !Object.hasOwn(protocols, protocol) ? undefined : protocols[protocol];
}
