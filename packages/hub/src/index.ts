export * from "./access/identity.ts";
export { mostRevocationMs } from "./access/revocations.ts";
export { LocalTally, type Tally } from "./access/tally.ts";
export type { Actor, HubActivity } from "./activity.ts";
export * from "./broker.ts";
export { type Clock, Timer } from "./clock.ts";
export type { Connection } from "./connection.ts";
export type { Whom } from "./control-room.ts";
export { type Counters, zeroCounters } from "./counters.ts";
export {
  type Asker,
  type ConnectAsk,
  guardsInTurn,
  type HubGuard,
  type JoinAsk,
  type LeaveAsk,
  type PublishAsk,
  type Refusal,
  type SendAsk,
  type Verdict,
} from "./guard.ts";
export type { HeartbeatOptions } from "./heartbeat.ts";
export { Hub } from "./hub.ts";
export * from "./hub-options.ts";
export type { IdSource } from "./id-source.ts";
export { LocalRoom, LocalSubscription } from "./local-room.ts";
export { MemoryBroker, type MemoryBrokerOptions } from "./memory-broker.ts";
export * from "./position.ts";
export { type RequestHandler, RequestRefusal, type RequestSource } from "./request-handlers.ts";
export { RoomPattern } from "./room-pattern.ts";
export { RuleBook, type RulesByPattern } from "./rule-book.ts";
export * from "./rules.ts";
export { type OutgoingMessage, outgoing, type Transport } from "./transport.ts";
