export { BrokerError, type BrokerErrorCode } from "../broker-error.ts";
export type { EngineEvent } from "../engine-link.ts";
export { type NatsAddress, readNatsAddress } from "./nats-address.ts";
export { NatsBroker, type NatsBrokerOptions } from "./nats-broker.ts";
export type { NatsTls } from "./nats-session.ts";
