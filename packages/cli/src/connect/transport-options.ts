import type { ClientOptions } from "@openline/ws";
import type { ConnectSettings } from "./connect-settings.ts";
import type { LineEvents } from "./line.ts";
import { LineWatch } from "./line-watch.ts";

/** What a transport is made by. */
export type TransportSettings = Pick<ConnectSettings, "options" | "http2" | "frames" | "handshake">;

/** The options of one WebSocket: the user's own, HTTP/2, and somebody who listens in where that is asked for. Make them anew for each connection. */
export function transportOptions(settings: TransportSettings, events: Pick<LineEvents, "handshake" | "frame">): ClientOptions {
  const { options, http2, frames, handshake } = settings;
  if (!frames && !handshake) return { ...options, ...(http2 && { http2: true }) };
  // By direction: whether the message whose frames go by is compressed. Continuations are as their message is (RFC 7692 §6).
  const compressed = { sent: false, received: false };
  const watch = new LineWatch({
    handshake: (seen) => events.handshake(seen),
    frame: (direction, frame) => {
      if (frame.opcode === 1 || frame.opcode === 2) compressed[direction] = frame.rsv[0];
      if (frames) events.frame(direction, frame, frame.opcode === 0 && compressed[direction]);
    },
  });
  // The fast driver takes the handle of a socket: there is none under a stream that listens in.
  return { ...options, createConnection: watch.createConnection, driver: "portable" };
}
