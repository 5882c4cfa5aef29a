import type { SeenFrame } from "./frame-reader.ts";
import type { SeenHandshake } from "./handshake-text.ts";

/** How a line ended. */
export type LineEnd =
  /** With a close frame, or, with 1006, without. */
  | {
      readonly kind: "closed";
      readonly code: number;
      readonly reason: string /** Where it is another than everywhere. */;
      readonly meaning?: string;
    }
  /** The server answered the handshake with another response. */
  | { readonly kind: "refused"; readonly status: number; readonly text: string }
  /** There was no connection, or no good handshake. */
  | { readonly kind: "failed"; readonly message: string }
  /** There is a connection; the hub refused the room, or took it away. */
  | { readonly kind: "out"; readonly room: string; readonly message: string };

/** What is known of a line that is open. */
export interface OpenDetail {
  readonly url: string;
  readonly subprotocol: string;
  readonly extensions: string;
}

/** What the user of a line hears. */
export interface LineEvents {
  opened(detail: OpenDetail): void;
  message(content: string | Buffer): void;
  pong(roundTripMs: number): void;
  /** Something that people want to know and programs do not need. */
  note(text: string): void;
  handshake(seen: SeenHandshake): void;
  frame(direction: "sent" | "received", frame: SeenFrame, isCompressed: boolean): void;
  /** The last event. */
  ended(end: LineEnd): void;
}

/** Something that messages go over: a WebSocket, a SockJS session, a room of a hub. */
export interface Line {
  /** Resolves when it is on its way, rejects when it cannot be sent. */
  send(content: string | Buffer): Promise<void>;
  /** The answer comes as `pong`. */
  ping(): void;
  /** @throws Error for a close code or reason that may not be sent */
  close(code?: number, reason?: string): void;
  /** At once, without a close frame. */
  terminate(): void;
}

/** Opens a line and tells of it. */
export type OpenLine = (events: LineEvents) => Line;
