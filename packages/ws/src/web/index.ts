export { CloseEvent, type CloseEventInit } from "./close-event.ts";
export { setEnvironment, type WebEnvironment } from "./environment.ts";
export type { EventHandler } from "./event-handlers.ts";
export { type BinaryType, WebSocket, type WebSocketEventMap, type WebSocketListener } from "./websocket.ts";
export { type WebSocketCloseInfo, WebSocketError } from "./websocket-error.ts";
export { type WebSocketOpenInfo, WebSocketStream, type WebSocketStreamOptions } from "./websocket-stream.ts";
