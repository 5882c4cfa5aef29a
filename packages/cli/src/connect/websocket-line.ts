import type { IncomingMessage } from "node:http";
import { type RawData, WebSocket } from "@openline/ws";
import type { ConnectSettings } from "./connect-settings.ts";
import { connectionFault, shownUrl } from "./connection-fault.ts";
import type { Line, LineEnd, LineEvents } from "./line.ts";
import { transportOptions } from "./transport-options.ts";

/** Of the body of a refusal so much is shown. */
const mostBodyBytes = 2048;

/** What a WebSocket line goes by. */
export type WebSocketLineSettings = Pick<ConnectSettings, "url" | "subprotocols" | "options" | "http2" | "pingMs" | "frames" | "handshake">;

/** A WebSocket as a {@link Line}. */
export class WebSocketLine implements Line {
  readonly #socket: WebSocket;
  readonly #events: LineEvents;
  readonly #settings: WebSocketLineSettings;
  readonly #pings = new Map<string, number>();
  #pinged = 0;
  #timer: NodeJS.Timeout | undefined;
  #end: LineEnd | undefined;
  #wasOpen = false;

  constructor(settings: WebSocketLineSettings, events: LineEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#socket = new WebSocket(settings.url, settings.subprotocols, transportOptions(settings, events));
    this.#listen();
  }

  async send(content: string | Buffer): Promise<void> {
    await this.#socket.sendAsync(content);
  }

  ping(): void {
    const name = String(++this.#pinged);
    this.#pings.set(name, performance.now());
    this.#socket.ping(name);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("open", () => {
      this.#wasOpen = true;
      this.#events.opened({ url: shownUrl(socket.url), subprotocol: socket.protocol, extensions: socket.extensions });
      if (this.#settings.pingMs !== undefined) this.#timer = setInterval(() => this.#beat(), this.#settings.pingMs);
    });
    socket.on("message", (data: RawData, isBinary: boolean) => {
      if (Buffer.isBuffer(data)) this.#events.message(isBinary ? data : data.toString());
    });
    socket.on("pong", (data: Buffer) => {
      const from = this.#pings.get(data.toString());
      if (from === undefined) return this.#events.note(`a pong that was not asked for: ${JSON.stringify(data.toString())}`);
      this.#pings.delete(data.toString());
      this.#events.pong(performance.now() - from);
    });
    socket.on("unexpected-response", (_request, response: IncomingMessage) => void this.#refused(response));
    socket.on("error", (error: Error) => {
      const message = connectionFault(error, this.#settings.options);
      this.#end ??= this.#wasOpen ? { kind: "closed", code: 1006, reason: "", meaning: message } : { kind: "failed", message };
    });
    socket.on("close", (code: number, reason: Buffer) => {
      clearInterval(this.#timer);
      // A fault of the protocol has a code of its own by now: it says more.
      const end = code === 1006 ? this.#end : undefined;
      this.#events.ended(end ?? { kind: "closed", code, reason: reason.toString() });
    });
  }

  async #refused(response: IncomingMessage): Promise<void> {
    const { statusCode: status = 0, statusMessage = "", headers } = response;
    let body = "";
    this.#end = { kind: "refused", status, text: statusMessage };
    try {
      for await (const chunk of response) if (body.length < mostBodyBytes) body += String(chunk);
    } catch {
      // What came of it will do.
    }
    const where = headers.location === undefined ? "" : ` to ${headers.location} (--follow goes there)`;
    const lines = [
      `${status} ${statusMessage}${where}`,
      ...(/html/.test(headers["content-type"] ?? "") ? [] : [body.trim().slice(0, 300)]),
    ];
    this.#end = { kind: "refused", status, text: lines.filter(Boolean).join(": ") };
    this.#socket.close();
  }

  /** No pong since the last ping: nobody is there. */
  #beat(): void {
    if (this.#pings.size === 0) return this.ping();
    this.#events.note(`no pong for ${this.#settings.pingMs ?? 0} ms: the line is given up`);
    this.terminate();
  }
}
