export { BrokerError, type BrokerErrorCode } from "../broker-error.ts";
export type { EngineEvent } from "../engine-link.ts";
export { LogBroker } from "../log/log-broker.ts";
export { type KafkaAddress, readKafkaAddress, type SaslMechanism } from "./kafka-address.ts";
export { type KafkaBrokerOptions, type KafkaTls, openKafkaBroker } from "./kafka-broker.ts";
