import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server, Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Profile } from "@openline/protocol";
import { answerPlainly, listenOn, requestLimits } from "../own-server.ts";
import type { ServerOptions } from "../server-options.ts";
import { Certificates } from "../tls/certificates.ts";
import { type Http2Limits, http2Limits, nodeOptions, widenSession } from "./http2-options.ts";
import { http2Module } from "./node-http2.ts";
import { listenForPreface } from "./preface.ts";
import { SessionBook } from "./session-book.ts";

/** How long a connection without a stream may stay where no deadline is set: as long as Node waits for the head of a request. */
const SILENT_MS = 60_000;

/** A port of the server's own, with everything that is spoken there. */
export interface OwnPort {
  /** It listens. */
  readonly server: HttpServer | HttpsServer | Http2SecureServer;
  /** The same, where upgrades may be taken from the TCP handle: without TLS. */
  readonly plain: HttpServer | undefined;
  readonly http2: Http2Server | Http2SecureServer | undefined;
  readonly certificates: Certificates | undefined;
  /** The HTTP/2 connections. */
  readonly sessions: SessionBook | undefined;
  /** Ends every connection now. */
  readonly drop: () => void;
}

/** Opens the port: HTTP/1.1, over TLS where `tls` says so, and HTTP/2 where it is wanted: by ALPN over TLS, else by its preface. */
export function openPort(
  port: number,
  options: ServerOptions,
  profile: Profile,
  timeoutMs: number | undefined,
  onListening: (() => void) | undefined,
): OwnPort {
  const { tls, http2 = tls !== undefined } = options;
  const limits = http2 === false ? undefined : http2Limits(http2 === true ? {} : http2, profile);
  if (tls === undefined) {
    const plain = listenOn(port, options, timeoutMs, onListening);
    const http2Part = limits === undefined ? none : besides(plain, limits, timeoutMs);
    return { server: plain, plain, certificates: undefined, ...http2Part, drop: dropper(plain, http2Part.sessions) };
  }
  const certificates = new Certificates(tls);
  const opened = limits === undefined ? openHttps(options, certificates, timeoutMs) : openHttp2(options, certificates, limits, timeoutMs);
  opened.server.listen(port, options.host, options.backlog, onListening);
  return { ...opened, plain: undefined, certificates, drop: dropper(opened.server, opened.sessions) };
}

function dropper(server: OwnPort["server"], sessions: SessionBook | undefined): () => void {
  if ("closeAllConnections" in server) {
    return () => {
      server.closeAllConnections();
      sessions?.drop();
    };
  }
  // Where HTTP/2 is spoken too, Node has nothing to end the connections of HTTP/1.1 with.
  const sockets = new Set<Socket>();
  server.on("secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

const none = { http2: undefined, sessions: undefined };

/** HTTP/2 with prior knowledge, on a port that speaks HTTP/1.1: the first bytes tell (RFC 9113 §3.3). */
function besides(plain: HttpServer, limits: Http2Limits, timeoutMs: number | undefined): Pick<OwnPort, "http2" | "sessions"> {
  const http2 = http2Module().createServer(nodeOptions(limits));
  const sessions = setUp(http2, limits, timeoutMs);
  // One for one: the acceptor looks at their number.
  const [ordinary] = plain.listeners("connection");
  plain.removeAllListeners("connection");
  plain.on("connection", (socket: Socket) => {
    listenForPreface(socket, (spoken) => {
      if (spoken === "http2") return takeHttp2(http2, socket);
      if (ordinary !== undefined) Reflect.apply(ordinary, plain, [socket]);
    });
  });
  return { http2, sessions };
}

function takeHttp2(http2: Http2Server, socket: Socket): void {
  // HTTP/1.1 has clients that end their half early; with HTTP/2 Node would never hear of the end.
  socket.allowHalfOpen = false;
  http2.emit("connection", socket);
}

function openHttps(options: ServerOptions, certificates: Certificates, timeoutMs: number | undefined) {
  const server = createHttpsServer(
    { ...tlsOptions(options, certificates, timeoutMs), ...requestLimits(options, timeoutMs) },
    answerPlainly,
  );
  return { server, ...none };
}

function openHttp2(options: ServerOptions, certificates: Certificates, limits: Http2Limits, timeoutMs: number | undefined) {
  const tls = tlsOptions(options, certificates, timeoutMs);
  const server = http2Module().createSecureServer({ ...tls, ...nodeOptions(limits), allowHTTP1: true });
  // Of HTTP/1.1: Node takes them from the server, not from its options.
  Object.assign(server, requestLimits(options, timeoutMs));
  return { server, http2: server, sessions: setUp(server, limits, timeoutMs) };
}

function tlsOptions({ tls = {} }: ServerOptions, certificates: Certificates, timeoutMs: number | undefined) {
  // Node knows nothing of our names and files, and does not mind them.
  const byName = tls.SNICallback === undefined ? { SNICallback: certificates.onName } : {};
  return { ...tls, ...certificates.options, ...byName, ...(timeoutMs !== undefined && { handshakeTimeout: timeoutMs }) };
}

function setUp(http2: Http2Server | Http2SecureServer, { windowBytes }: Http2Limits, timeoutMs: number | undefined): SessionBook {
  http2.on("session", (session) => widenSession(session, windowBytes));
  http2.on("request", answerRequest);
  http2.on("connect", refuseOtherConnect);
  return new SessionBook(http2, timeoutMs ?? SILENT_MS);
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

function answerRequest(request: Request, response: Response): void {
  if (!isHttp2Response(response)) return answerPlainly(request, response);
  // 426 would name an upgrade, and HTTP/2 has none (RFC 9113 §8.6).
  response.writeHead(404, { "content-type": "text/plain" });
  response.end("There are only WebSockets here");
}

/** CONNECT for anything but a WebSocket: an ordinary one is not allowed, another protocol not known (RFC 9220 §3). */
function refuseOtherConnect(request: Request, response: Response | Duplex): void {
  // Of HTTP/1.1: what Node does when nobody listens.
  if (!isHttp2Response(response)) return void response.destroy();
  response.statusCode = request.headers[":protocol"] === undefined ? 405 : 501;
  response.end();
}

function isHttp2Response(response: Response | Duplex): response is Http2ServerResponse {
  return "createPushResponse" in response;
}
