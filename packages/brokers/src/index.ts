export { BrokerError, type BrokerErrorCode } from "./broker-error.ts";
export type { EngineEvent } from "./engine-event.ts";
