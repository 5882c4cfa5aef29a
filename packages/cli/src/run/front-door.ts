import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type HandshakeInfo, type HandshakeVerdict, type WebSocket, WebSocketServer } from "@openline/ws";
import type { AccessLog, LogFields } from "./access-log.ts";
import { callCgi } from "./cgi-call.ts";
import { ClientConnection } from "./client-connection.ts";
import { devConsole } from "./dev-console.ts";
import { type Environment, pathOf, queryOf, type RemoteFacts, requestEnvironment } from "./environment.ts";
import type { ForkCap } from "./fork-cap.ts";
import { addFields, answer } from "./http-answer.ts";
import type { HubRoom } from "./hub-room.ts";
import { isOriginAllowed } from "./origin-rules.ts";
import { isExecutable, matchPath, resolvedFolder } from "./program-path.ts";
import type { ProgramRoute, Programs } from "./programs.ts";
import { remoteOf, withHostName } from "./remote-facts.ts";
import type { RunSettings } from "./run-settings.ts";
import { StaticFiles } from "./static-files.ts";

/** What a {@link FrontDoor} is made of. */
export interface FrontDoorOptions {
  readonly settings: RunSettings;
  readonly programs: Programs;
  readonly forks: ForkCap;
  readonly log: AccessLog;
  readonly environment: Environment;
  /** Takes the requests that are its own, where the program is a room of the hub. */
  readonly hub: HubRoom | undefined;
}

/** What the check of a handshake hands to the connection. */
interface Admitted {
  readonly route: ProgramRoute;
  readonly variables: Environment;
  readonly remote: RemoteFacts;
}

/** Above this a client counts as slow: its program stands still until a quarter of it is left. */
const highWaterBytes = 262_144;

/** Room names go into environments and logs. */
const mostRoomBytes = 255;

/** Answers every request: handshakes lead to programs, all others to console, CGI and files. */
export class FrontDoor {
  readonly sockets: WebSocketServer;
  readonly #options: FrontDoorOptions;
  readonly #connections = new Set<ClientConnection>();
  readonly #dir: string | undefined;
  readonly #cgiDir: string | undefined;
  readonly #files: StaticFiles | undefined;
  readonly #admitted = new WeakMap<IncomingMessage, Admitted>();
  #beat: NodeJS.Timeout | undefined;
  #opened = 0;
  #isDraining = false;

  constructor(options: FrontDoorOptions) {
    const { settings } = options;
    this.#options = options;
    this.#dir = settings.dir === undefined ? undefined : resolvedFolder(settings.dir);
    this.#cgiDir = settings.cgiDir === undefined ? undefined : resolvedFolder(settings.cgiDir);
    const programs = [settings.dir, settings.cgiDir].filter((folder) => folder !== undefined);
    this.#files = settings.staticDir === undefined ? undefined : new StaticFiles(settings.staticDir, programs);
    this.sockets = new WebSocketServer({
      noServer: true,
      secure: true,
      // Judged by the check, with rules that websocketd's users know.
      origins: "any",
      handshakeChecks: [(info) => this.#admit(info)],
      maxPayload: settings.maxFrameBytes,
      // Programs are what is counted here.
      maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
      highWaterBytes,
      // A program stands still long before; a single line may be longer than any cap.
      maxQueueBytes: Number.POSITIVE_INFINITY,
      perMessageDeflate: settings.compression,
      // By `beat`: it knows who cannot answer because nobody reads.
      heartbeat: false,
      handleProtocols: (offered) => this.#chooseSubprotocol(offered),
    });
    this.sockets.on("headers", (lines) => lines.push(...settings.headers.webSocket.map(([name, value]) => `${name}: ${value}`)));
    if (settings.pingMs > 0) this.#beat = setInterval(() => this.#beatAll(), settings.pingMs).unref();
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Serves what comes to this server. */
  attach(server: HttpServer | HttpsServer): void {
    server.on("request", (request, response) => this.#onRequest(request, response));
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#onUpgrade(server, request, socket, head));
  }

  /** Takes no more. */
  stop(): void {
    this.#isDraining = true;
    clearInterval(this.#beat);
  }

  // ---- WebSocket

  #onUpgrade(server: HttpServer | HttpsServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { hub } = this.#options;
    if (hub?.isFor(request) === true) return this.#upgradeHub(hub, server, request, socket, head);
    this.sockets.handleUpgrade(request, socket, head, (websocket) => this.#open(websocket, request));
  }

  /** The rules about pages are ours, whichever door they come to. */
  #upgradeHub(hub: HubRoom, server: HttpServer | HttpsServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { origin, host } = request.headers;
    if (isOriginAllowed(this.#options.settings.origins, { origin, host, isSecure: isEncrypted(request) })) {
      return hub.upgrade(server, request, socket, head);
    }
    this.#log(request, `pages of the origin ${origin ?? "(none)"} may not connect: ${originAdvice(origin)}`);
    socket.on("error", () => socket.destroy());
    socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  }

  #admit({ request, origin, secure }: HandshakeInfo): HandshakeVerdict | Promise<HandshakeVerdict> {
    const { settings, log, programs } = this.#options;
    const fields = fieldsOf(request, remoteOf(request.socket));
    const refused = (status: number, text: string): HandshakeVerdict => {
      log.write("access", "session", text, fields);
      return { status, body: `${text}\n`, fields: { "Content-Type": "text/plain; charset=utf-8" } };
    };
    if (this.#isDraining) return refused(503, "the server is going away");
    if (!isOriginAllowed(settings.origins, { origin, host: request.headers.host, isSecure: secure })) {
      return refused(403, `pages of the origin ${origin ?? "(none)"} may not connect: ${originAdvice(origin)}`);
    }
    const route = this.#routeOf(request);
    if (typeof route === "string") return refused(route === "404 page not found" ? 404 : 400, route);
    if (!isExecutable(route.route.file)) return refused(500, "the program is not executable");
    if (programs.isFull(route.route)) return refused(429, "too many programs run");
    const remote = remoteOf(request.socket);
    const admit = (who: RemoteFacts): undefined => {
      this.#admitted.set(request, { route: route.route, remote: who, variables: this.#variables(request, who, route, secure) });
    };
    return settings.reverseLookup ? withHostName(remote).then(admit) : admit(remote);
  }

  #variables(request: IncomingMessage, remote: RemoteFacts, found: Found, isSecure: boolean): Environment {
    return requestEnvironment({ request, isSecure, remote, scriptName: found.scriptName, pathInfo: found.pathInfo, path: found.path });
  }

  #routeOf(request: IncomingMessage): Found | string {
    const { command, roomParameter, mode } = this.#options.settings;
    const target = request.url ?? "/";
    const path = pathOf(target);
    if (path === undefined) return "the path cannot be decoded";
    const room = roomParameter === undefined ? path : (new URLSearchParams(queryOf(target)).get(roomParameter) ?? "");
    if (mode.kind === "per-room" && (Buffer.byteLength(room) > mostRoomBytes || /\p{Cc}/u.test(room))) {
      return `a room's name has at most ${mostRoomBytes} bytes and no control characters`;
    }
    if (command !== undefined) return { route: { ...command, room }, scriptName: "/", pathInfo: path, path };
    const match = this.#dir === undefined ? undefined : matchPath(this.#dir, path);
    if (match === undefined) return "404 page not found";
    return { route: { file: match.file, args: [], room }, scriptName: match.name, pathInfo: match.rest, path };
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    const { settings, programs, log } = this.#options;
    const admitted = this.#admitted.get(request);
    if (admitted === undefined) return socket.terminate();
    const { route, variables, remote } = admitted;
    const fields = { ...fieldsOf(request, remote), id: variables["UNIQUE_ID"] };
    log.write("access", "session", "CONNECT", { ...fields, command: route.file });
    const id = `c${++this.#opened}`;
    const own = { ...variables, ...(socket.protocol !== "" && { OPENLINE_SUBPROTOCOL: socket.protocol }) };
    const facts = { id, room: route.room, remote: remote.address, target: request.url ?? "/", fields };
    const rates = { lines: settings.maxLineRate, bytes: settings.maxByteRate };
    const connection = new ClientConnection(socket, facts, programs.groupFor(route, own), { rates, log });
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
  }

  #chooseSubprotocol(offered: ReadonlySet<string>): string | false {
    const { subprotocols } = this.#options.settings;
    const [first] = offered;
    return (subprotocols.length === 0 ? first : subprotocols.find((name) => offered.has(name))) ?? false;
  }

  #beatAll(): void {
    for (const connection of this.#connections) connection.beat();
  }

  // ---- plain HTTP

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { settings, hub } = this.#options;
    addFields(response, settings.headers.http);
    if (this.#isDraining) response.setHeader("connection", "close");
    if (hub?.isFor(request) === true) return hub.request(request, response);
    const path = pathOf(request.url ?? "/");
    if (path === undefined) return answer(response, 400, "The path cannot be decoded");
    if (settings.hasConsole) return this.#console(request, response);
    if (this.#cgi(request, response, path)) return;
    if (this.#files?.has(path) !== true) return this.#notFound(request, response);
    if (request.method !== "GET" && request.method !== "HEAD") return answer(response, 405, "Only GET and HEAD", { allow: "GET, HEAD" });
    this.#log(request, "STATIC");
    this.#files.serve(request, response, path);
  }

  #console(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== "GET" && request.method !== "HEAD") return answer(response, 405, "Only GET and HEAD", { allow: "GET, HEAD" });
    this.#log(request, "DEVCONSOLE");
    const { body, fields } = devConsole();
    response.writeHead(200, fields).end(request.method === "HEAD" ? undefined : body);
  }

  #cgi(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    const match = this.#cgiDir === undefined ? undefined : matchPath(this.#cgiDir, path);
    if (match === undefined || match.rest !== "") return false;
    const { environment, forks, settings, log } = this.#options;
    this.#log(request, "CGI");
    const remote = remoteOf(request.socket);
    const isSecure = isEncrypted(request);
    const variables = requestEnvironment({ request, isSecure, remote, scriptName: match.name, pathInfo: "", path });
    const { "content-length": length = "", "content-type": type = "" } = request.headers;
    const cgi = { CONTENT_LENGTH: length, CONTENT_TYPE: type, SCRIPT_FILENAME: match.file };
    const env = { ...environment, ...variables, ...cgi };
    callCgi(request, response, { file: match.file, env, forks, closeMs: settings.closeMs, log, fields: fieldsOf(request, remote) });
    return true;
  }

  #notFound(request: IncomingMessage, response: ServerResponse): void {
    this.#log(request, "NOT FOUND");
    answer(response, 404, "404 page not found");
  }

  #log(request: IncomingMessage, text: string): void {
    this.#options.log.write("access", "http", text, fieldsOf(request, remoteOf(request.socket)));
  }
}

/** A request's program, and how its path is told to it. */
interface Found {
  readonly route: ProgramRoute;
  readonly scriptName: string;
  readonly pathInfo: string;
  readonly path: string;
}

/** What whoever reads the log can do about it. */
function originAdvice(origin: string | undefined): string {
  if (origin !== "null") return "--origin says which may";
  return "it is that of pages opened from a file, and of any page in a sandbox: serve yours with --staticdir, or let all of them in with --origin=null";
}

/** The address as websocketd writes it: with the host that was asked for. */
function fieldsOf(request: IncomingMessage, remote: RemoteFacts): LogFields {
  const scheme = isEncrypted(request) ? "https" : "http";
  return { url: `${scheme}://${request.headers.host ?? ""}${request.url ?? ""}`, remote: remote.host, origin: request.headers.origin };
}

const isEncrypted = ({ socket }: IncomingMessage): boolean => "encrypted" in socket && socket.encrypted === true;
