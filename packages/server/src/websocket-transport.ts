import type { Connection, ConnectionInfo, Hub, OutgoingMessage, Transport } from "@openline/hub";
import { subprotocol } from "@openline/wire";
import { type PreparedFrame, prepare, type RawData, type WebSocket, WebSocketServer } from "@openline/ws";
import { actGuard } from "./act-guard.ts";
import { faultText } from "./fault.ts";
import type { Logger } from "./log.ts";
import type { Settings } from "./settings.ts";

/** Bytes below the hub from which on a transport asks it to wait. */
export const highWaterBytes = 65_536;

/** What this kind of transport makes of an outgoing message, kept on it: a class of its own, so that another kind's cache is never taken for it. */
class CachedFrame {
  readonly frame: PreparedFrame;

  constructor(text: string) {
    this.frame = prepare(text);
  }
}

/** A WebSocket as the hub sees it. A message that goes to many is framed once: the frame stays on the message. */
export class WebSocketTransport implements Transport {
  readonly kind = "websocket";
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  send(message: OutgoingMessage): boolean {
    const cached = message.frame instanceof CachedFrame ? message.frame : new CachedFrame(message.text);
    message.frame = cached;
    return this.#socket.sendPrepared(cached.frame);
  }

  setHeartbeat(heartbeat: { readonly intervalMs: number; readonly timeoutMs: number }): void {
    this.#socket.setHeartbeat(heartbeat);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}

/** Joins an open WebSocket to the hub, for as long as it lives. */
export function joinHub(socket: WebSocket, hub: Pick<Hub, "open">, info: ConnectionInfo, log: Logger): void {
  const { remoteAddress } = info;
  const connection = hub.open(new WebSocketTransport(socket), info);
  const guarded = actGuard({ id: connection.id, remoteAddress, log, close: (code, reason) => socket.close(code, reason) });
  socket.on("message", (data, isBinary) => guarded(() => receive(connection, data, isBinary)));
  socket.on("drain", () => guarded(() => connection.drained()));
  let fault: string | undefined;
  socket.on("close", (code) => guarded(() => connection.closed(code, socket.wasClean, fault)));
  socket.on("error", (error) => {
    fault = faultText(error);
    log.debug({ connection: connection.id, remoteAddress, reason: fault }, "a WebSocket connection failed");
  });
}

function receive(connection: Connection, data: RawData, isBinary: boolean): void {
  if (isBinary || !Buffer.isBuffer(data)) connection.receiveBinary();
  else connection.receive(data.toString());
}

/** The WebSocket side of a server with these settings; whoever is handed over was let in. */
export function createSockets({ limits, heartbeat }: Pick<Settings, "limits" | "heartbeat">): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    secure: true,
    // The gate has checked the Origin, by rules that the HTTP API shares.
    origins: "any",
    maxPayload: limits.messageBytes,
    // The doorkeeper has counted it, by the address that a trusted proxy names.
    maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
    heartbeat,
    highWaterBytes,
    // The hub owns the queue and sends nothing more above the mark; a cap here would only cut off a single large message.
    maxQueueBytes: Number.POSITIVE_INFINITY,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
}
