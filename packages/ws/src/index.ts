import { type BroadcastOptions, broadcast, prepare } from "./broadcast.ts";
import { WebSocket as Socket } from "./websocket.ts";
import { WebSocketServer } from "./websocket-server.ts";

export type { PreparedFrame } from "@openline/protocol";
export { ClosedError, HandshakeError, ProtocolError, UsageError } from "@openline/protocol";
export type { ClientOptions } from "./client-options.ts";
export type { SendCallback } from "./connection.ts";
export type { EndpointOptions, HeartbeatOptions } from "./endpoint-options.ts";
export type { EventListener, EventListenerOptions } from "./event-target.ts";
export { CloseEvent, ErrorEvent, Event, type MessageData, MessageEvent, type WebSocketEventMap } from "./events.ts";
export type { Origins } from "./origin-policy.ts";
export type { SendData } from "./payload.ts";
export type { ResponseFields } from "./refusal.ts";
export type { ClientInfo, ServerOptions, VerifyAnswer, VerifyClientAsync, VerifyClientSync } from "./server-options.ts";
export type { BinaryType, RawData, SendOptions, WebSocketEvents } from "./websocket.ts";
export type { UpgradeCallback, WebSocketServerEvents } from "./websocket-server.ts";
export { type BroadcastOptions, broadcast, prepare, WebSocketServer };

/** The class with its companions as statics, as `require("ws")` gives it. */
export interface WebSocketModule {
  readonly WebSocket: typeof WebSocket;
  readonly WebSocketServer: typeof WebSocketServer;
  readonly Server: typeof WebSocketServer;
  readonly broadcast: typeof broadcast;
  readonly prepare: typeof prepare;
}

export const WebSocket: typeof Socket & WebSocketModule = Object.assign(Socket, {
  WebSocketServer,
  Server: WebSocketServer,
  broadcast,
  prepare,
}) as typeof Socket & WebSocketModule;
/** A socket. */
export type WebSocket = Socket;
Object.assign(Socket, { WebSocket });

/** What `require("@openline/ws")` gives. */
export { WebSocket as "module.exports" };

// House rule: no default exports. This one stands because `import WebSocket from "ws"` is how the package we replace is imported.
// oxlint-disable-next-line import/no-default-export
export default WebSocket;
