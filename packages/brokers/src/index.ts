export { BrokerError, type BrokerErrorCode } from "./broker-error.ts";
export type { EngineEvent } from "./engine-link.ts";
export { type Refused, SignedBroker, type SignedBrokerOptions } from "./signed/signed-broker.ts";
