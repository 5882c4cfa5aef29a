import { broadcast, prepare } from "./broadcast.ts";
import { WebSocket } from "./websocket.ts";
import { WebSocketServer } from "./websocket-server.ts";

export type { PreparedFrame } from "@openline/protocol";
export { ClosedError, HandshakeError, ProtocolError, UsageError } from "@openline/protocol";
export type { BroadcastOptions } from "./broadcast.ts";
export type { ClientOptions } from "./client-options.ts";
export type { SendCallback } from "./connection.ts";
export type { EndpointOptions, HeartbeatOptions } from "./endpoint-options.ts";
export type { EventListener, EventListenerOptions } from "./event-target.ts";
export { CloseEvent, ErrorEvent, Event, type MessageData, MessageEvent, type WebSocketEventMap, type WebSocketEvents } from "./events.ts";
export type { Origins } from "./origin-policy.ts";
export type { BinaryType, RawData, SendData } from "./payload.ts";
export type { ResponseFields } from "./refusal.ts";
export type { ClientInfo, ServerOptions, VerifyAnswer, VerifyClientAsync, VerifyClientSync } from "./server-options.ts";
export type { SendOptions } from "./websocket.ts";
export type { UpgradeCallback, WebSocketServerEvents } from "./websocket-server.ts";
export { broadcast, prepare, WebSocket, WebSocketServer };

Object.assign(WebSocket, { WebSocket, WebSocketServer, Server: WebSocketServer, broadcast, prepare });

/** What `require("@openline/ws")` gives: the class, with the other exports on it. */
export { WebSocket as "module.exports" };

// House rule: no default exports. This one stands because `import WebSocket from "ws"` is how the package we replace is imported.
export default WebSocket;
