import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { type ServerOptions, type WebSocket, WebSocketServer } from "@openline/ws";
import type { ConnectFlagValues } from "../../src/connect/connect-flags.ts";
import { type ConnectSettings, readConnectSettings } from "../../src/connect/connect-settings.ts";
import type { SeenFrame } from "../../src/connect/frame-reader.ts";
import type { SeenHandshake } from "../../src/connect/handshake-text.ts";
import type { Line, LineEnd, LineEvents, OpenDetail } from "../../src/connect/line.ts";

/** Settings as flags make them. */
export const settingsOf = (url: string, flags: ConnectFlagValues = {}): ConnectSettings => readConnectSettings(url, flags, {});

/** A server of this process. */
export async function serverOf(
  t: TestContext,
  onSocket: (socket: WebSocket) => void,
  options: ServerOptions = {},
): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  server.on("connection", onSocket);
  await once(server, "listening");
  t.after(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

/** Everything that a line tells, in its order. */
export class Heard implements LineEvents {
  readonly messages: (string | Buffer)[] = [];
  readonly notes: string[] = [];
  readonly frames: (readonly ["sent" | "received", SeenFrame, boolean])[] = [];
  readonly handshakes: SeenHandshake[] = [];
  readonly pongs: number[] = [];
  readonly opens: OpenDetail[] = [];
  readonly end: Promise<LineEnd>;
  ended: (end: LineEnd) => void = () => {};
  #wake: () => void = () => {};

  constructor() {
    this.end = new Promise((resolve) => (this.ended = resolve));
  }

  opened(detail: OpenDetail): void {
    this.opens.push(detail);
    this.#wake();
  }

  message(content: string | Buffer): void {
    this.messages.push(content);
    this.#wake();
  }

  pong(ms: number): void {
    this.pongs.push(ms);
    this.#wake();
  }

  note(text: string): void {
    this.notes.push(text);
    this.#wake();
  }

  handshake(seen: SeenHandshake): void {
    this.handshakes.push(seen);
  }

  frame(direction: "sent" | "received", frame: SeenFrame, isCompressed: boolean): void {
    this.frames.push([direction, frame, isCompressed]);
    this.#wake();
  }

  /** Resolves when it is so. */
  async until(isSo: (heard: this) => boolean): Promise<void> {
    while (!isSo(this)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

/** Opens a line and waits until it is open; it is cut with the test. */
export async function openLine(t: TestContext, make: (events: LineEvents) => Line): Promise<{ line: Line; heard: Heard }> {
  const heard = new Heard();
  const line = make(heard);
  t.after(() => line.terminate());
  await heard.until(({ opens }) => opens.length > 0);
  return { line, heard };
}
