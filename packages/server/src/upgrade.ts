import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { ConnectionInfo, Identity } from "@openline/hub";
import { resumeFlag } from "@openline/wire";
import { HandshakeError, Http2Request, refuseUpgrade, type WebSocket, type WebSocketServer } from "@openline/ws";
import type { Authenticator, HandshakeAnswer } from "./auth/authenticator.ts";
import type { Doorkeeper } from "./auth/doorkeeper.ts";
import type { Gate, Visitor } from "./gate.ts";
import { type Problem, type ProblemCode, problemMessage, problemParts } from "./problems.ts";
import { hasQueryFlag, rawPath } from "./request-path.ts";

/** What {@link upgradeListener} is built from. */
export interface UpgradeOptions {
  readonly gate: Gate;
  /** The one path with a WebSocket behind it, base path included. */
  readonly path: string;
  readonly sockets: WebSocketServer;
  /** True once no more connections are taken. */
  readonly isDraining: () => boolean;
  /** False while the node cannot let anybody in. Default: it always can. */
  readonly isReady?: () => boolean;
  /** Counts who comes in. Default: nobody is too many. */
  readonly doorkeeper?: Doorkeeper;
  /** Knows who it is. Default: nobody is asked. */
  readonly authenticator?: Pick<Authenticator, "handshake">;
  /** How long that may take. Default 10,000. */
  readonly authenticationTimeoutMs?: number;
  readonly onSocket: (socket: WebSocket, client: ConnectionInfo) => void;
  /** Hears of each handshake that is refused. Default: nobody. */
  readonly onRefused?: (code: ProblemCode) => void;
}

/** The listener of a server's `upgrade` event. */
export type UpgradeListener = (this: HttpServer, request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Whether an upgrade asks for a WebSocket. Over HTTP/2 nothing else gets here (RFC 8441 §5). */
export const asksForWebSocket = (request: IncomingMessage): boolean =>
  request instanceof Http2Request || /\bwebsocket\b/i.test(request.headers.upgrade ?? "");

/**
 * Lets an upgrade to WebSocket through the gate to the WebSocket server, or answers it with a problem: nothing of the handshake is done before.
 * Other upgrades are ignored, as a server may (RFC 9110 §7.8): the request is answered as if it had asked for none.
 */
export function upgradeListener(options: UpgradeOptions): UpgradeListener {
  options.sockets.on("wsClientError", (error, socket) => turnAway(options, socket, handshakeProblem(error)));
  return function onUpgrade(request, socket, head) {
    if (!asksForWebSocket(request)) return answerPlainly(this, request, socket, head);
    // Without a listener a reset during the answer would end the process.
    socket.on("error", destroy);
    const visitor = options.gate.visitorOf(request);
    const refused =
      refusal(options, request) ?? options.doorkeeper?.admit(visitor.remoteAddress, socket, hasQueryFlag(request.url, resumeFlag));
    if (refused !== undefined) return turnAway(options, socket, refused);
    const open = (identity: Identity | undefined): void => {
      socket.off("error", destroy);
      options.sockets.handleUpgrade(request, socket, head, (websocket) => options.onSocket(websocket, clientOf(visitor, identity)));
    };
    if (options.authenticator === undefined) return open(undefined);
    return void answerLater(options, options.authenticator, { request, socket, visitor, open });
  };
}

/** A handshake whose sender is being asked for. */
interface Waiting {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly visitor: Visitor;
  readonly open: (identity: Identity | undefined) => void;
}

async function answerLater(
  options: UpgradeOptions,
  authenticator: Pick<Authenticator, "handshake">,
  { request, socket, visitor, open }: Waiting,
): Promise<void> {
  const answer = await identify(options, authenticator, request, visitor);
  if (socket.destroyed) return;
  // Meanwhile the server may have begun to close.
  const late = "problem" in answer ? answer.problem : refusal(options, request);
  if (late !== undefined) turnAway(options, socket, late);
  else if ("identity" in answer) open(answer.identity);
}

/** What the hub is told of a client. */
export function clientOf({ remoteAddress, origin }: Visitor, identity: Identity | undefined): ConnectionInfo {
  return {
    ...(remoteAddress !== undefined && { remoteAddress }),
    ...(origin !== undefined && { origin }),
    ...(identity !== undefined && { identity }),
  };
}

const slow: HandshakeAnswer = {
  problem: { code: "unavailable", detail: "who you are could not be checked in time", headers: { "retry-after": "1" } },
};

/** Never rejects; whoever is not known in time is told to come back. */
export function identify(
  { authenticationTimeoutMs = 10_000 }: Pick<UpgradeOptions, "authenticationTimeoutMs">,
  authenticator: Pick<Authenticator, "handshake">,
  request: IncomingMessage,
  visitor: Visitor,
): Promise<HandshakeAnswer> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => resolve(slow), authenticationTimeoutMs);
    void authenticator
      .handshake(request, visitor)
      .then(resolve)
      .finally(() => clearTimeout(deadline));
  });
}

function refusal({ gate, path, isDraining, isReady }: UpgradeOptions, request: IncomingMessage): Problem | undefined {
  const refused = gate.check(request);
  if (refused !== undefined) return refused;
  const asked = rawPath(request.url);
  if (asked !== path) {
    return { code: "not-found", detail: `there is no WebSocket at ${JSON.stringify(asked.slice(0, 200))}, it is at ${path}` };
  }
  if (isDraining()) return { code: "shutting-down", detail: "the server is shutting down", headers: { "retry-after": "1" } };
  if (isReady?.() !== false) return undefined;
  return { code: "unavailable", detail: "this node is cut off from its store and lets nobody in", headers: { "retry-after": "1" } };
}

const handshakeCodes: Readonly<Record<number, ProblemCode>> = { 405: "method-not-allowed", 426: "upgrade-required" };

/** A broken opening handshake as a problem, with the fields that RFC 6455 §4.4 wants in the answer. */
export function handshakeProblem(error: Error): Problem {
  if (!(error instanceof HandshakeError)) return { code: "bad-request", detail: error.message };
  const detail = `${error.message} (${error.section})`;
  return { code: handshakeCodes[error.status] ?? "bad-request", detail, headers: Object.fromEntries(error.fields) };
}

function turnAway({ onRefused }: UpgradeOptions, socket: Duplex, problem: Problem): void {
  onRefused?.(problem.code);
  refuse(socket, problem);
}

/** Answers an upgrade with a problem and ends the connection. */
export function refuse(socket: Duplex, problem: Problem): void {
  if ("respond" in socket) {
    const { status, headers, body } = problemParts(problem);
    return refuseUpgrade(socket, status, body, headers);
  }
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
