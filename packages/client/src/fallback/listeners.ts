import type { SocketEvent } from "../platform.ts";

/** The events of a socket. */
export type SocketEventType = "open" | "message" | "error" | "close";

/** The listeners of one socket. */
export class Listeners {
  readonly #listeners: [SocketEventType, (event: SocketEvent) => void][] = [];

  add(type: SocketEventType, listener: (event: SocketEvent) => void): void {
    this.#listeners.push([type, listener]);
  }

  // The event goes on as it came: what a browser's event says does not stand on the object itself, and a copy would lose it.
  emit(type: SocketEventType, event: SocketEvent = { type }): void {
    for (const [of, listener] of this.#listeners) if (of === type) listener(event);
  }
}
