// Importing this makes the classes of `@openline/ws/web` the globals of their names, as in a browser.
import { CloseEvent } from "./close-event.ts";
import { WebSocket } from "./websocket.ts";
import { WebSocketError } from "./websocket-error.ts";
import { WebSocketStream } from "./websocket-stream.ts";

for (const [name, value] of Object.entries({ WebSocket, CloseEvent, WebSocketStream, WebSocketError })) {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}
