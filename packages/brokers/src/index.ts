export { BrokerError, type BrokerErrorCode } from "./broker-error.ts";
export type { EngineEvent } from "./engine-event.ts";
export { type Refused, SignedBroker, type SignedBrokerOptions } from "./signed/signed-broker.ts";
