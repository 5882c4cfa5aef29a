import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "@openline/ws";
import type { Gate } from "./gate.ts";
import { type Problem, problemMessage } from "./problems.ts";
import { rawPath } from "./request-path.ts";

/** What {@link upgradeListener} is built from. */
export interface UpgradeOptions {
  readonly gate: Gate;
  /** The one path with a WebSocket behind it, base path included. */
  readonly path: string;
  readonly sockets: WebSocketServer;
  /** True once no more connections are taken. */
  readonly isDraining: () => boolean;
  readonly onSocket: (socket: WebSocket, request: IncomingMessage) => void;
}

/** The listener of a server's `upgrade` event. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Lets an upgrade through the gate to the WebSocket server, or answers it with a problem: nothing of the handshake is done before. */
export function upgradeListener(options: UpgradeOptions): UpgradeListener {
  return (request, socket, head) => {
    // Without a listener a reset during the answer would end the process.
    socket.on("error", destroy);
    const refused = refusal(options, request);
    if (refused !== undefined) return refuse(socket, refused);
    socket.off("error", destroy);
    options.sockets.handleUpgrade(request, socket, head, options.onSocket);
  };
}

function refusal({ gate, path, isDraining }: UpgradeOptions, request: IncomingMessage): Problem | undefined {
  const refused = gate.checkUpgrade(request);
  if (refused !== undefined) return refused;
  if (rawPath(request.url) !== path)
    return {
      code: "not-found",
      detail: `there is no WebSocket at ${JSON.stringify(rawPath(request.url).slice(0, 200))}, it is at ${path}`,
    };
  return isDraining() ? { code: "shutting-down", detail: "the server is shutting down", headers: { "retry-after": "1" } } : undefined;
}

/** Answers an upgrade with a problem and ends the connection. */
export function refuse(socket: Duplex, problem: Problem): void {
  socket.once("finish", () => socket.destroy());
  socket.end(problemMessage(problem));
}

function destroy(this: Duplex): void {
  this.destroy();
}
