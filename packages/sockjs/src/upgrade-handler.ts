import { randomUUID } from "node:crypto";
import { type IncomingMessage, ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type RawData, refuseUpgrade, WebSocket, WebSocketServer } from "@openline/ws";
import { admitted } from "./admission.ts";
import { SockjsConnection } from "./connection.ts";
import { sourceOf } from "./connection-source.ts";
import type { SockjsSettings } from "./options.ts";
import { parseFrame } from "./payload.ts";
import { routeOf, targetOf } from "./route.ts";
import { overflow } from "./session-machine.ts";
import type { Sessions } from "./sessions.ts";
import { WebSocketReceiver } from "./websocket-receiver.ts";

/** An upgrade that is being looked at. */
interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly isRaw: boolean;
}

/** Answers requests with an `Upgrade` field: WebSockets, with SockJS's frames and without. */
export class UpgradeHandler {
  readonly #settings: SockjsSettings;
  readonly #sessions: Sessions;
  readonly #sockets: WebSocketServer;

  constructor(settings: SockjsSettings, sessions: Sessions) {
    this.#settings = settings;
    this.#sessions = sessions;
    this.#sockets = createSockets(settings);
  }

  /** Answers one upgrade. False when it asks for no WebSocket of ours: then it is an ordinary request. */
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const route = routeOf(targetOf(request.url).path, this.#settings.prefix);
    const isRaw = route?.kind === "raw-websocket";
    if (!this.#settings.websocket || request.method !== "GET" || (!isRaw && route?.kind !== "websocket")) return false;
    // Without a listener a reset while it is answered would end the process.
    socket.on("error", destroy);
    void this.#open({ request, socket, head, isRaw });
    return true;
  }

  async #open({ request, socket, head, isRaw }: Upgrade): Promise<void> {
    if (this.#sessions.isFull) return refuse(socket, 503, "Too many sessions are open.", { "Retry-After": "5" });
    const protocol = isRaw ? "websocket-raw" : "websocket";
    const place = randomUUID();
    this.#sessions.reserve(place);
    const admission = await admitted(this.#settings.admit, request, protocol);
    this.#sessions.release(place);
    if (admission.ok && admission.release !== undefined) {
      if (socket.destroyed) admission.release();
      else socket.once("close", admission.release);
    }
    if (socket.destroyed) return;
    if (!admission.ok) return refuse(socket, admission.status, admission.body ?? "", admission.headers);
    const source = sourceOf(request, protocol, this.#settings.prefix, admission.context);
    socket.off("error", destroy);
    this.#sockets.handleUpgrade(request, socket, head, (websocket) => {
      if (isRaw) this.#joinRaw(websocket, source);
      else this.#join(websocket, source);
    });
  }

  #join(socket: WebSocket, source: ReturnType<typeof sourceOf>): void {
    const session = this.#sessions.create(source);
    const receiver = new WebSocketReceiver(socket);
    receiver.watch({ onReady: () => session.ready(receiver), onLost: () => undefined });
    socket.on("message", (data) => {
      const payload = parseFrame(textOf(data));
      if (payload.ok) session.receive(payload.messages);
      else socket.close(3000, "Broken framing.");
    });
    socket.on("error", () => undefined);
    socket.on("close", (code, reason) => session.destroy({ code, reason: reason.toString() }));
    session.attach(receiver);
  }

  #joinRaw(socket: WebSocket, source: ReturnType<typeof sourceOf>): void {
    const { max_queue_bytes } = this.#settings;
    const connection = new SockjsConnection(randomUUID(), source, {
      get bufferedBytes() {
        return socket.bufferedAmount;
      },
      write: ({ text, bytes }) => {
        if (socket.readyState !== WebSocket.OPEN) return false;
        if (socket.bufferedAmount > 0 && socket.bufferedAmount + bytes > max_queue_bytes) {
          socket.close(overflow.code, overflow.reason);
          return false;
        }
        socket.send(text);
        return true;
      },
      close: (code, reason) => {
        socket.close(code, reason);
        return true;
      },
      destroy: () => socket.terminate(),
    });
    socket.on("message", (data) => this.#sessions.guard(connection, () => connection.deliver([textOf(data)])));
    socket.on("drain", () => this.#sessions.guard(connection, () => connection.drained()));
    socket.on("error", () => undefined);
    socket.on("close", (code, reason) => this.#sessions.leave(connection, code, reason.toString()));
    this.#sessions.enter(connection);
  }
}

function createSockets(settings: SockjsSettings): WebSocketServer {
  const { max_body_bytes: maxPayload, heartbeat_delay: intervalMs, heartbeat_reply_timeout, websocket_heartbeat } = settings;
  const isPinged = intervalMs > 0 && websocket_heartbeat === "ping" && heartbeat_reply_timeout === 0;
  return new WebSocketServer({
    noServer: true,
    secure: true,
    legacy: settings.legacy,
    // Any page may come, as on the other transports, unless `admit` refuses it.
    origins: "any",
    maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
    accept: "text",
    maxPayload,
    maxQueueBytes: Number.POSITIVE_INFINITY,
    heartbeat: isPinged ? { intervalMs, timeoutMs: 10_000 } : false,
    handleProtocols: () => false,
  });
}

/** Answers an upgrade with an ordinary response and ends the connection, or the stream of HTTP/2. */
export function refuse(socket: Duplex, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
  if ("respond" in socket) return refuseUpgrade(socket, status, body, headers);
  const fields = {
    Connection: "close",
    ...(body !== "" && { "Content-Type": "text/plain; charset=UTF-8" }),
    "Content-Length": Buffer.byteLength(body),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`);
}

/** A response on the bare socket of an upgrade, for requests that ask for an upgrade that is not given: they are answered as if they had not. */
export function plainResponse(request: IncomingMessage, socket: Duplex): ServerResponse {
  socket.on("error", destroy);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an http server's sockets are sockets; a Duplex does for what is used
  response.assignSocket(socket as Socket);
  response.once("finish", () => {
    socket.once("finish", () => socket.destroy());
    socket.end();
  });
  return response;
}

/** `accept` lets only text in, which comes as one buffer. */
const textOf = (data: RawData): string => (Buffer.isBuffer(data) ? data.toString() : "");

function destroy(this: Duplex): void {
  this.destroy();
}
