export { BrokerError, type BrokerErrorCode } from "./broker-error.ts";
