export { BrokerError, type BrokerErrorCode } from "../broker-error.ts";
export type { Doubt } from "./data-directory.ts";
export { DurableBroker, type DurableBrokerOptions, type DurableEvent } from "./durable-broker.ts";
export type { Durability } from "./lmdb-store.ts";
