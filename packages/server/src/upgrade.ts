import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { HandshakeError, type WebSocket, type WebSocketServer } from "@openline/ws";
import type { Gate } from "./gate.ts";
import { type Problem, type ProblemCode, problemMessage } from "./problems.ts";
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
export type UpgradeListener = (this: HttpServer, request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Lets an upgrade to WebSocket through the gate to the WebSocket server, or answers it with a problem: nothing of the handshake is done before.
 * Other upgrades are ignored, as a server may (RFC 9110 §7.8): the request is answered as if it had asked for none.
 */
export function upgradeListener(options: UpgradeOptions): UpgradeListener {
  options.sockets.on("wsClientError", (error, socket) => refuse(socket, handshakeProblem(error)));
  return function onUpgrade(request, socket, head) {
    if (!/\bwebsocket\b/i.test(request.headers.upgrade ?? "")) return answerPlainly(this, request, socket, head);
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
  const asked = rawPath(request.url);
  if (asked !== path) {
    return { code: "not-found", detail: `there is no WebSocket at ${JSON.stringify(asked.slice(0, 200))}, it is at ${path}` };
  }
  return isDraining() ? { code: "shutting-down", detail: "the server is shutting down", headers: { "retry-after": "1" } } : undefined;
}

const handshakeCodes: Readonly<Record<number, ProblemCode>> = { 405: "method-not-allowed", 426: "upgrade-required" };

/** A broken opening handshake as a problem, with the fields that RFC 6455 §4.4 wants in the answer. */
export function handshakeProblem(error: Error): Problem {
  if (!(error instanceof HandshakeError)) return { code: "bad-request", detail: error.message };
  const detail = `${error.message} (${error.section})`;
  return { code: handshakeCodes[error.status] ?? "bad-request", detail, headers: Object.fromEntries(error.fields) };
}

/** Answers an upgrade with a problem and ends the connection. */
export function refuse(socket: Duplex, problem: Problem): void {
  socket.once("finish", () => socket.destroy());
  socket.end(problemMessage(problem));
}

function destroy(this: Duplex): void {
  this.destroy();
}

// Node hands every upgrade over unread (Java's HTTP client asks for h2c with each first request), and there is no way to say no. So the request goes
// back to the server as it came, but without the fields that asked.
function answerPlainly(server: HttpServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? "";
    if (!/^(?:upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${request.rawHeaders[index + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("encrypted" in socket ? "secureConnection" : "connection", socket);
}
