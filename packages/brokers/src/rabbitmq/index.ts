export { BrokerError, type BrokerErrorCode } from "../broker-error.ts";
export type { EngineEvent } from "../engine-link.ts";
export { LogBroker } from "../log/log-broker.ts";
export { type RabbitAddress, readRabbitAddress } from "./rabbit-address.ts";
export { openRabbitBroker, type RabbitBrokerOptions } from "./rabbit-broker.ts";
export type { RabbitTls } from "./rabbit-session.ts";
