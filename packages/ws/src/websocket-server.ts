import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { acceptExtensions, type HandshakeError, PROFILES, type Profile } from "@openline/protocol";
import { Admission, type GoodRequest } from "./admission.ts";
import { type BroadcastOptions, broadcast } from "./broadcast.ts";
import { checkDrainOptions, type DrainOptions, type DrainOutcome, drainSockets } from "./drain.ts";
import { Emitter } from "./emitter.ts";
import { endpointExtensions, type UsedExtension } from "./endpoint-extensions.ts";
import { checkEndpointOptions } from "./endpoint-options.ts";
import { Acceptor } from "./fast-driver/acceptor.ts";
import type { BareRequest } from "./fast-driver/bare-request.ts";
import { asStream, type BareSocket, isBare, realStream } from "./fast-driver/bare-socket.ts";
import { bareSupport, prepareDriver } from "./fast-driver/driver-for.ts";
import { callGuarded, emitGuarded, failHandler, type HandlerErrorPolicy } from "./handler-errors.ts";
import type { HandshakeInfo } from "./handshake-checks.ts";
import { HandshakeDeadline } from "./handshake-deadline.ts";
import { listenForConnects } from "./http2/connect-listener.ts";
import { limitGivenServer } from "./http2/http2-options.ts";
import { isHttp2Server } from "./http2/node-http2.ts";
import { type OwnPort, openPort } from "./http2/own-port.ts";
import { acceptLegacy, legacyOpening, legacyVerdict } from "./legacy.ts";
import type { EndpointExtension } from "./message-codec.ts";
import { accept, verdictOf } from "./opening.ts";
import type { SendData } from "./payload.ts";
import { dropOnError, refuse } from "./refusal.ts";
import { Roster } from "./roster.ts";
import { withDefaults } from "./server-defaults.ts";
import type { ServerOptions, VerifyAnswer } from "./server-options.ts";
import { SubprotocolRouter } from "./subprotocol-router.ts";
import type { CertificateChanges } from "./tls/certificates.ts";
import { WebSocket } from "./websocket.ts";

type SocketClass = typeof WebSocket;
type RequestClass = typeof IncomingMessage;

/** The events of a {@link WebSocketServer}, with the arguments of their listeners. */
export interface WebSocketServerEvents<T extends SocketClass = SocketClass, U extends RequestClass = RequestClass> {
  connection: [websocket: InstanceType<T>, request: InstanceType<U>];
  listening: [];
  /** The lines of the 101 response (over HTTP/2: 200) before they are sent; a listener may change them. */
  headers: [headers: string[], request: InstanceType<U>];
  error: [error: Error];
  close: [];
  /** A request broke the opening handshake. Whoever listens must answer and end the socket; over HTTP/2 it is a stream: {@link refuseUpgrade} does for both. */
  wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>];
}

/** Called when the opening handshake is complete. */
export type UpgradeCallback<T extends SocketClass = SocketClass, U extends RequestClass = RequestClass> = (
  websocket: InstanceType<T>,
  request: InstanceType<U>,
) => void;

/** A server that WebSockets are taken from. */
type AnyServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

const State = { Running: 0, Closing: 1, Closed: 2 } as const;

// Sockets that a handshake is going on for, or was: a second one on the same socket is a mistake of the application.
const taken = new WeakSet<Duplex>();

/**
 * Accepts WebSocket connections: on a port of its own, on an http(s) server, or on requests that the application hands to `handleUpgrade`.
 * Listen for `connection`. `T`, `U`: the classes of its sockets and of its requests.
 */
export class WebSocketServer<T extends SocketClass = SocketClass, U extends RequestClass = RequestClass> extends Emitter<
  WebSocketServerEvents<T, U>
> {
  /** What was given, and the defaults of what was not. */
  readonly options: ServerOptions<T, U>;
  /** The open sockets; undefined without tracking. */
  readonly #sockets: Roster<InstanceType<T>> | undefined;
  #clients: Set<InstanceType<T>> | undefined;
  readonly #profile: Profile;
  readonly #extensions: readonly EndpointExtension[];
  readonly #admission: Admission;
  readonly #router: SubprotocolRouter | undefined;
  readonly #onHandlerError: HandlerErrorPolicy;
  #server: AnyServer | undefined;
  #ownPort: OwnPort | undefined;
  #state: (typeof State)[keyof typeof State] = State.Running;
  #closesWithLastClient = false;
  #detach: () => void = () => undefined;
  #acceptor: Acceptor | undefined;
  readonly #onSocketClosed = this.#listenerOfClose();

  /**
   * `onListening` is a listener for `listening` when the server has a port of its own.
   * @throws TypeError unless exactly one of `port`, `server` and `noServer` is given.
   */
  constructor(given: ServerOptions<T, U> = {}, onListening?: () => void) {
    super();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- which classes they are is of no matter in here
    const options = given as unknown as ServerOptions;
    checkPlace(options);
    this.#profile = options.secure === true ? PROFILES.server : PROFILES.ws;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the default of T is WebSocket
    this.options = { WebSocket, ...withDefaults(options, this.#profile) } as unknown as ServerOptions<T, U>;
    this.#extensions = endpointExtensions("server", options, this.#profile);
    checkEndpointOptions("server", options, this.#profile);
    prepareDriver(options.driver);
    this.#admission = new Admission(options, this.#profile);
    this.#router = options.subprotocols && new SubprotocolRouter(options.subprotocols);
    this.#onHandlerError = options.onHandlerError ?? this.#profile.onHandlerError;
    if (options.clientTracking !== false) this.#sockets = new Roster();
    if (options.port !== undefined && options.port !== null) {
      this.#ownPort = openPort(options.port, options, this.#profile, this.#handshakeTimeoutMs, onListening);
      this.#server = this.#ownPort.server;
      if (this.#ownPort.plain !== undefined) this.#acceptOn(this.#ownPort.plain);
    } else this.#server = options.server;
    if (this.#server !== undefined) this.#detach = this.#attach(this.#server);
  }

  /** The open sockets. Declared but undefined, as in `ws`, when `clientTracking` is false. */
  get clients(): Set<InstanceType<T>> {
    // Made for those who look: the others are spared what it costs (see Roster).
    if (this.#sockets !== undefined) this.#clients ??= new Set(this.#sockets);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    return this.#clients as Set<InstanceType<T>>;
  }

  /** The http server, where packages written for `ws` look for it; null when closed, and with `noServer`. */
  get _server(): AnyServer | null {
    return this.#server ?? null;
  }

  get #handshakeTimeoutMs(): number | undefined {
    return this.options.handshakeTimeout ?? this.#profile.handshakeTimeoutMs;
  }

  /** The bound address as the http server knows it, null when it is closed. @throws Error when `noServer` is set */
  address(): AddressInfo | string | null {
    if (this.options.noServer === true) throw new Error('The server is operating in "noServer" mode');
    return this.#server?.address() ?? null;
  }

  /**
   * Takes no more connections; `close` is emitted when the last one has ended. Those that are open stay open: end them yourself. A server given as an
   * option is not closed. The callback gets an error when the server was closed before.
   */
  close(callback?: (error?: Error) => void): void;
  /**
   * Takes no more connections and ends those that are open: `advice` and a close frame, spread over `staggerMs`; what is left at the deadline is terminated.
   * Resolves when the last one is closed. @throws TypeError or RangeError for options that cannot be, and without `clientTracking`
   */
  close(options: DrainOptions): Promise<DrainOutcome>;
  close(how?: ((error?: Error) => void) | DrainOptions): undefined | Promise<DrainOutcome> {
    if (typeof how === "object" && how !== null) return this.#drain(how);
    this.#stop(how);
    return undefined;
  }

  async #drain(options: DrainOptions): Promise<DrainOutcome> {
    if (this.#sockets === undefined) throw new TypeError("close({ … }) needs clientTracking: without it the server knows no sockets");
    checkDrainOptions(options);
    const closed = this.#state === State.Closed ? undefined : new Promise<void>((resolve) => this.once("close", resolve));
    this.#stop(undefined);
    const outcome = await drainSockets(this.#sockets, options);
    // Requests that never became upgrades would hold their connections, and the server.
    this.#ownPort?.drop();
    await closed;
    return outcome;
  }

  #stop(callback: ((error?: Error) => void) | undefined): void {
    if (this.#state === State.Closed) {
      if (callback !== undefined) this.once("close", () => callback(new Error("The server is not running")));
      process.nextTick(() => this.emit("close"));
      return;
    }
    if (callback !== undefined) this.once("close", callback);
    if (this.#state === State.Closing) return;
    this.#state = State.Closing;
    this.#detach();
    this.#acceptor?.stop();
    this.#ownPort?.sessions?.sayGoodbye();
    const server = this.#server;
    this.#server = undefined;
    // Its own http server waits for the sockets by itself.
    if (server !== undefined && this.options.server === undefined) server.close(() => this.#closed());
    else if (this.#sockets !== undefined && this.#sockets.size > 0) this.#closesWithLastClient = true;
    else process.nextTick(() => this.#closed());
  }

  /** Takes no more connections, ends those that are open as `close({})` does, and waits for the last one: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === State.Closed) return;
    if (this.#sockets !== undefined) await this.#drain({});
    else await new Promise<void>((resolve) => this.#stop(() => resolve()));
  }

  /** Sends one message to all open sockets in `clients`: framed once. Answers how many got it. */
  broadcast(data: SendData, options?: BroadcastOptions): number {
    return broadcast(this.#clients ?? this.#sockets ?? [], data, options);
  }

  /** Whether a request is for this server: whether its path is `options.path`. May be overridden, and may answer later. */
  shouldHandle(request: InstanceType<U>): boolean | Promise<boolean> {
    const { path } = this.options;
    if (path === undefined || path === null || path === "") return true;
    return (request.url ?? "").split("?", 1)[0] === path;
  }

  /**
   * Answers an upgrade request: with 101 and then `callback`, or with a refusal. Every fault of the transport is seen to; nothing is thrown for what the
   * client did.
   * @throws Error when called twice for the same socket.
   */
  handleUpgrade(request: InstanceType<U>, socket: Duplex, head: Buffer, callback: UpgradeCallback<T, U>): void {
    if (!isBare(socket)) dropOnError(socket);
    const old = legacyOpening(this.options, request);
    const verdict = old === undefined ? verdictOf(request, this.#profile, this.#extensions.length > 0) : legacyVerdict(old);
    if (!verdict.ok) return this.#refuseRequest(verdict.error, socket, request);
    const go = (handles: unknown): void => {
      if (handles) this.#negotiate(verdict, request, socket, head, callback);
      else refuse(socket, 400);
    };
    const handles = this.shouldHandle(request);
    if (handles instanceof Promise) handles.then(go, () => refuse(socket, 500));
    else go(handles);
  }

  #negotiate(verdict: GoodRequest, request: InstanceType<U>, socket: Duplex, head: Buffer, callback: UpgradeCallback<T, U>): void {
    const info = this.#admission.admit(request, socket, verdict);
    if (info === undefined) return;
    const unfit = this.#router?.refusal(verdict.subprotocols);
    if (unfit !== undefined) return refuse(socket, unfit.status, unfit.body);
    const negotiation = acceptExtensions(verdict.extensions, this.#extensions);
    if (!negotiation.ok) return this.#refuseRequest(negotiation.error, socket, request);
    const agreed = Object.fromEntries(negotiation.agreed.map((extension) => [extension.name, extension]));
    const complete = (): void => this.completeUpgrade(agreed, verdict.key, new Set(verdict.subprotocols), request, socket, head, callback);
    this.#admission.check(info, socket, () => this.#verify(info, socket, complete));
  }

  /**
   * Sends the 101 response and makes the socket: the last step of `handleUpgrade`, with the parameters it has in `ws`. May be overridden to do something
   * before. `extensions` are those agreed on, by name.
   */
  completeUpgrade(
    extensions: Readonly<Record<string, UsedExtension>>,
    key: string,
    subprotocols: Set<string>,
    request: InstanceType<U>,
    socket: Duplex,
    head: Buffer,
    callback: UpgradeCallback<T, U>,
  ): void {
    // The client has gone meanwhile.
    if (!socket.readable || !socket.writable) return void socket.destroy();
    if (taken.has(socket)) {
      throw new Error("server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration");
    }
    if (!isBare(socket)) taken.add(socket);
    if (this.#state !== State.Running) return refuse(socket, 503);
    const subprotocol = this.#chooseSubprotocol(subprotocols, request);
    const used = Object.values(extensions);
    const old = legacyOpening(this.options, request);
    const info = this.#admission.infoOf(request);
    if (old !== undefined) {
      const how = { isSecure: info?.secure === true, subprotocol, options: this.options, profile: this.#profile };
      return this.#deliver(acceptLegacy(socket, head, old, how), Buffer.alloc(0), subprotocol, used, info, request, callback);
    }
    const announce = this.listenerCount("headers") > 0 ? (lines: string[]): unknown => this.emit("headers", lines, request) : undefined;
    accept(socket, { key, subprotocol, extensions: used }, announce);
    this.#deliver(socket, head, subprotocol, used, info, request, callback);
  }

  #deliver(
    socket: Duplex,
    head: Buffer,
    subprotocol: string | undefined,
    extensions: readonly UsedExtension[],
    info: HandshakeInfo | undefined,
    request: InstanceType<U>,
    callback: UpgradeCallback<T, U>,
  ): void {
    const websocket = this.#open(socket, head, subprotocol, extensions, info);
    callGuarded(this.#onHandlerError, websocket, () => callback(websocket, request));
    const router = this.#router;
    if (router !== undefined) callGuarded(this.#onHandlerError, websocket, () => router.route(websocket, request));
  }

  #open(
    socket: Duplex,
    head: Buffer,
    subprotocol: string | undefined,
    extensions: readonly UsedExtension[],
    info: HandshakeInfo | undefined,
  ): InstanceType<T> {
    const Socket: SocketClass = this.options.WebSocket ?? WebSocket;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a class makes is one of its instances
    const websocket = new Socket(null, undefined, this.options) as InstanceType<T>;
    // It has the options already; whoever overrides the method expects to be given them.
    const isAll = websocket.setSocket === WebSocket.prototype.setSocket;
    const handshake = {
      subprotocol: subprotocol ?? "",
      extensions,
      profile: this.#profile,
      remoteAddress: info?.remoteAddress,
      // Only checks have put anything into it.
      context: this.options.handshakeChecks === undefined ? undefined : info?.context,
      isAll,
    };
    websocket.setSocket(socket, head, isAll ? { handshake } : { ...this.options, handshake });
    if (this.#sockets === undefined) return websocket;
    this.#sockets.add(websocket);
    this.#clients?.add(websocket);
    // oxlint-disable-next-line typescript/no-misused-promises -- an ordinary listener: `this` is the socket
    websocket.on("close", this.#onSocketClosed);
    return websocket;
  }

  // One function for all sockets of the server, which are its `this`.
  #listenerOfClose(): () => void {
    const forget = (websocket: InstanceType<T>): void => this.#forget(websocket);
    return function onClose(this: unknown): void {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is only given to our own sockets
      forget(this as InstanceType<T>);
    };
  }

  #forget(websocket: InstanceType<T>): void {
    this.#sockets?.delete(websocket);
    this.#clients?.delete(websocket);
    if (this.#closesWithLastClient && this.#sockets?.size === 0) process.nextTick(() => this.#closed());
  }

  #chooseSubprotocol(offered: Set<string>, request: InstanceType<U>): string | undefined {
    if (this.#router !== undefined) return this.#router.choose(offered);
    if (offered.size === 0) return undefined;
    const { handleProtocols } = this.options;
    return handleProtocols ? handleProtocols(offered, request) || undefined : offered.values().next().value;
  }

  /**
   * Takes new certificates for the handshakes from now on; connections that are open keep theirs. Without an argument the files of `tls` are read again.
   * @throws Error where the server has no port of its own with `tls`; the fault of a file or certificate that cannot be used, and then everything is as it was
   */
  reloadCertificates(changes?: CertificateChanges): void {
    const { certificates, server } = this.#ownPort ?? {};
    if (certificates === undefined || server === undefined || !("setSecureContext" in server)) {
      throw new Error(
        "reloadCertificates() is for a port of the server's own with the option tls; on a server of yours call its setSecureContext()",
      );
    }
    certificates.reload(server, changes);
  }

  #verify({ origin, request, secure }: HandshakeInfo, socket: Duplex, go: () => void): void {
    const { verifyClient } = this.options;
    if (!verifyClient) return go();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- functions written for `ws` declare a string, and get undefined there too
    const info = { origin: origin as string, secure, req: request as InstanceType<U> };
    const deadline = new HandshakeDeadline(this.#handshakeTimeoutMs, () => refuse(socket, 408));
    const decide: VerifyAnswer = (verified, status, message, fields) => {
      if (!deadline.settle()) return;
      if (verified) go();
      else refuse(socket, status === undefined || status === 0 ? 401 : status, message, fields);
    };
    // As `ws` tells them apart: a function with two parameters answers through the second.
    const verdict = verifyClient(info, decide);
    if (verifyClient.length < 2) decide(Boolean(verdict));
  }

  #refuseRequest(error: HandshakeError, socket: Duplex, request: InstanceType<U>): void {
    if (this.listenerCount("wsClientError") > 0) this.emit("wsClientError", error, realStream(socket), request);
    else refuse(socket, error.status, error.message, Object.fromEntries(error.fields));
  }

  /** On our own port, plain upgrade requests need neither `node:http` nor a `net.Socket`. */
  #acceptOn(server: HttpServer): void {
    server.once("listening", () => {
      const take = (request: BareRequest, socket: BareSocket, head: Buffer): boolean => this.#takeBare(server, request, socket, head);
      this.#acceptor = new Acceptor(server, () => bareSupport(this.options.driver), take);
    });
  }

  /** False where somebody has put steps of their own into the handshake that may keep the transport waiting, or want a stream from the start. */
  #takeBare(server: HttpServer, bareRequest: BareRequest, socket: BareSocket, head: Buffer): boolean {
    const { verifyClient, handshakeChecks, WebSocket: Socket } = this.options;
    const own = WebSocketServer.prototype;
    const isOwn =
      this.handleUpgrade === own.handleUpgrade && this.completeUpgrade === own.completeUpgrade && this.shouldHandle === own.shouldHandle;
    if (!isOwn || Socket?.prototype.setSocket !== WebSocket.prototype.setSocket) return false;
    if ((verifyClient?.length ?? 0) > 1 || (handshakeChecks?.length ?? 0) > 0 || server.listenerCount("upgrade") !== 1) return false;
    // Of a draft before the key: its bytes behind the head want a stream.
    if (this.options.legacy === true && bareRequest.fields["sec-websocket-key"] === undefined) return false;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an IncomingMessage, as the default of U is
    const request = bareRequest as unknown as InstanceType<U>;
    this.handleUpgrade(request, asStream(socket), head, (websocket) => this.#announce(websocket, request));
    return true;
  }

  #attach(server: AnyServer): () => void {
    const onListening = (): boolean => this.emit("listening");
    const onError = (error: Error): boolean => this.emit("error", error);
    const onUpgrade = (request: InstanceType<U>, socket: Duplex, head: Buffer): void =>
      this.handleUpgrade(request, socket, head, (websocket) => this.#announce(websocket, request));
    const detachHttp2 = this.#attachHttp2(server, onUpgrade);
    server.on("listening", onListening).on("error", onError).on("upgrade", onUpgrade);
    return () => {
      server.off("listening", onListening).off("error", onError).off("upgrade", onUpgrade);
      detachHttp2?.();
    };
  }

  #attachHttp2(server: AnyServer, onUpgrade: (request: InstanceType<U>, socket: Duplex, head: Buffer) => void): (() => void) | undefined {
    const { http2 } = this.options;
    const of = this.#ownPort === undefined ? server : this.#ownPort.http2;
    if (http2 === false || of === undefined || !isHttp2Server(of)) return undefined;
    if (this.#ownPort === undefined && typeof http2 === "object") limitGivenServer(of, http2, this.#profile);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an IncomingMessage, as the default of U is
    return listenForConnects(of, (request, socket, head) => onUpgrade(request as unknown as InstanceType<U>, socket, head));
  }

  #announce(websocket: InstanceType<T>, request: InstanceType<U>): void {
    const policy = this.#onHandlerError;
    if (policy === "throw") return void this.emit("connection", websocket, request);
    emitGuarded(this, "connection", [websocket, request], (error) => failHandler(policy, websocket, error));
  }

  #closed(): void {
    this.#state = State.Closed;
    this.emit("close");
  }
}

function checkPlace({ port, server, noServer }: ServerOptions): void {
  const places = [port !== undefined && port !== null, Boolean(server), noServer === true].filter(Boolean).length;
  if (places !== 1) throw new TypeError('One and only one of the "port", "server", or "noServer" options must be specified');
}
