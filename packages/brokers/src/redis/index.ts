export { BrokerError, type BrokerErrorCode } from "../broker-error.ts";
export { type RedisAddress, readRedisAddress } from "./redis-address.ts";
export { RedisBroker, type RedisBrokerOptions, type RedisEvent } from "./redis-broker.ts";
export type { RedisTls } from "./redis-session.ts";
