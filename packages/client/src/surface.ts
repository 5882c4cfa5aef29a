/** What both entries export besides `Client`. */
export type { Member } from "@openline/wire";
export type { BackoffOptions } from "./backoff.ts";
export type { ClientEvents } from "./client.ts";
export type { EndCause } from "./connection.ts";
export { ClientError, type ClientErrorCode } from "./errors.ts";
export type { HeartbeatTimes } from "./heartbeat.ts";
export type { StateDetail } from "./link.ts";
export type { ClientOptions, OutboundLimit, TokenCallback } from "./options.ts";
export type { PublishResult } from "./outbox.ts";
export type { Clock, SocketConstructor, SocketLike } from "./platform.ts";
export type {
  Ephemeral,
  GapDetail,
  HistoryOptions,
  HistoryPage,
  JoinedDetail,
  JoinOptions,
  LeftDetail,
  MembersOptions,
  MembersPage,
  Message,
  PublishOptions,
  Room,
  RoomEvents,
  RoomState,
} from "./room.ts";
export { type ClientState, type ClientStateEvent, clientStates } from "./states.ts";
