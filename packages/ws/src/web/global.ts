// Importing this makes the classes of `@openline/ws/web` the globals of their names, as in a browser.
import { CloseEvent } from "./close-event.ts";
import { WebSocket } from "./websocket.ts";

for (const [name, value] of Object.entries({ WebSocket, CloseEvent })) {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}
