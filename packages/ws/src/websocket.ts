import type { ClientRequestArgs, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { PROFILES, type PreparedFrame, type Profile } from "@openline/protocol";
import { sizeOf } from "./blob-queue.ts";
import type { broadcast, prepare } from "./broadcast.ts";
import { ClientHandshake, type HandshakeOwner } from "./client-handshake.ts";
import type { ClientOptions } from "./client-options.ts";
import { Connection } from "./connection.ts";
import { type ClosedListener, ConnectionEvents } from "./connection-events.ts";
import { ConnectionReceiver } from "./connection-receiver.ts";
import { ConnectionSender } from "./connection-sender.ts";
import type { Driver } from "./driver.ts";
import { endpointExtensions, extensionNames, type UsedExtension } from "./endpoint-extensions.ts";
import { checkEndpointOptions, type EndpointOptions } from "./endpoint-options.ts";
import { EventTarget } from "./event-target.ts";
import type { extension } from "./extension.ts";
import { driverFor, prepareDriver } from "./fast-driver/driver-for.ts";
import { Http2Handshake, usesHttp2 } from "./http2/http2-handshake.ts";
import { MessageStreams } from "./incoming-streams.ts";
import { MessageIterator } from "./message-iterator.ts";
import { MessageScreen, type ScreenRules } from "./message-screen.ts";
import { MessageSender, type MessageStreamOptions } from "./message-sender.ts";
import { MessageWritable } from "./message-writable.ts";
import type * as names from "./names-of-ws.ts";
import { type Content, Outbound, type SendOptions } from "./outbound.ts";
import { type BinaryType, bytesOf, isBlob, type SendData } from "./payload.ts";
import type { PerMessageDeflate } from "./permessage-deflate.ts";
import type { Receiver } from "./receiver.ts";
import type { SendCallback } from "./send-callbacks.ts";
import type { Sender } from "./sender.ts";
import { connectionSetup, type Handshake, type SocketSetup } from "./socket-setup.ts";
import { type MessageSource, type SendStreamOptions, sendFrom } from "./stream-send.ts";
import type { subprotocol } from "./subprotocol.ts";
import { TurnQueue } from "./turn-queue.ts";
import { WebSocketExtras } from "./websocket-extras.ts";
import type { WebSocketServer } from "./websocket-server.ts";
import type { createWebSocketStream } from "./websocket-stream.ts";

const binaryTypes: readonly string[] = ["nodebuffer", "arraybuffer", "fragments", "blob"] satisfies BinaryType[];
const noBytes = new Uint8Array(0);
const stateNames = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const;

/**
 * One end of a WebSocket connection, client or server, with the names of npm `ws` 8. A client is made with an address; a server hands out
 * its sockets with the event `connection`.
 */
export class WebSocket extends EventTarget {
  /** The package's other exports stand on the class too, as `require("ws")` has them; `index.ts` puts them there. */
  declare static readonly WebSocket: typeof WebSocket;
  declare static readonly WebSocketServer: typeof WebSocketServer;
  declare static readonly Server: typeof WebSocketServer;
  declare static readonly createWebSocketStream: typeof createWebSocketStream;
  declare static readonly Receiver: typeof Receiver;
  declare static readonly Sender: typeof Sender;
  declare static readonly PerMessageDeflate: typeof PerMessageDeflate;
  declare static readonly extension: typeof extension;
  declare static readonly subprotocol: typeof subprotocol;
  declare static readonly broadcast: typeof broadcast;
  declare static readonly prepare: typeof prepare;

  static readonly CONNECTING = 0 as const;
  static readonly OPEN = 1 as const;
  static readonly CLOSING = 2 as const;
  static readonly CLOSED = 3 as const;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  #readyState: 0 | 1 | 2 | 3 = WebSocket.CONNECTING;
  #connection: Connection | undefined;
  #outbound: Outbound | undefined;
  /** Options given with the address null. */
  #setup: EndpointOptions | undefined;
  #remoteAddress: string | undefined;
  /** Undefined as long as nothing in it is needed. */
  #extras: WebSocketExtras | undefined;

  /**
   * Connects to `address` (`ws:`, `wss:`, `http:`, `https:`, `ws+unix:`); wait for `open`. With null it is an empty shell for a server to fill.
   * @throws SyntaxError, RangeError, TypeError or UsageError for arguments that cannot be; what fails later comes as `error`, then `close`.
   */
  constructor(address: string | URL | null, options?: ClientOptions | ClientRequestArgs);
  constructor(address: string | URL | null, protocols?: string | readonly string[], options?: ClientOptions | ClientRequestArgs);
  constructor(address: string | URL | null, protocols?: Protocols, options?: ClientOptions | ClientRequestArgs) {
    super();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- node:http judges its own options
    const settings = ((isOptions(protocols) ? protocols : options) ?? {}) as ClientOptions;
    if (address === null) {
      this.#setup = settings;
      return;
    }
    const wanted = isOptions(protocols) ? undefined : protocols;
    this.#connect(address, asList(wanted === undefined ? settings.protocols : wanted), settings);
  }

  // ---- what it is

  get readyState(): 0 | 1 | 2 | 3 {
    // The machine may be through while the transport is still closing; `close` has not been emitted then.
    if (this.#readyState !== WebSocket.OPEN || this.#connection === undefined) return this.#readyState;
    const isOpen = this.#connection.readyState === WebSocket.OPEN && this.#outbound?.isClosing !== true;
    return isOpen ? WebSocket.OPEN : WebSocket.CLOSING;
  }

  /** Address of the server, for a client; empty for a server's socket. */
  get url(): string {
    return this.#extras?.url ?? "";
  }

  /** The subprotocol agreed on, or empty. */
  get protocol(): string {
    return this.#extras?.protocol ?? "";
  }

  /** The names of the extensions agreed on, separated by commas. */
  get extensions(): string {
    return this.#extras?.extensions ?? "";
  }

  /** Bytes handed to `send`, frame headers included, that the kernel has not taken. */
  get bufferedAmount(): number {
    return (this.#connection?.bufferedBytes ?? 0) + (this.#outbound?.waitingBytes ?? 0) + (this.#extras?.unsendableBytes ?? 0);
  }

  get isPaused(): boolean {
    return this.#extras?.isPaused === true;
  }

  /** Whether both close frames went over the line. False before the end. */
  override get wasClean(): boolean {
    return this.#readyState === WebSocket.CLOSED && this.#connection?.wasClean === true;
  }

  /** Round-trip time of the last heartbeat, in milliseconds; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#connection?.roundTripMs;
  }

  /** Why the connection ended without anybody closing it, when that is known. */
  get cause(): Error | undefined {
    return this.#connection?.cause;
  }

  /** The client's address as the server sees it: behind `trustProxy`, the one that the proxy names. Undefined for a client's socket. */
  get remoteAddress(): string | undefined {
    return this.#remoteAddress;
  }

  /** What the checks of the handshake have found out about the client, and what the application adds. */
  get context(): Record<string, unknown> {
    return (this.#needExtras().context ??= {});
  }

  /** The transport, where packages written for `ws` look for it. Do not read from it or write to it. */
  get _socket(): Duplex | null {
    return this.#connection?.stream ?? null;
  }

  /** What Socket.IO and others give frames to that were built once, with `Sender.frame`, for many sockets. Null before `open`. */
  get _sender(): Sender | null {
    if (this.#connection === undefined) return null;
    return (this.#needExtras().sender ??= new ConnectionSender((list, callback) =>
      this.#openOutbound(0, callback)?.sendFrame(list, callback),
    ));
  }

  /** Where programs written for `ws` change `_maxPayload` of a connection. Null before `open`. */
  get _receiver(): ConnectionReceiver | null {
    return this.#connection === undefined ? null : new ConnectionReceiver(this.#connection);
  }

  /** Whether pings are answered by themselves. Settable once it is open, for the pings that come then; before, it is an option. */
  get _autoPong(): boolean {
    return this.#connection?.autoPong ?? this.#setup?.autoPong ?? PROFILES.ws.autoPong;
  }

  set _autoPong(answers: boolean) {
    this.#connection?.change({ autoPong: answers });
  }

  /** Whether it is the server's end. Settable before `setSocket`, for programs that make the client's end of a connection by themselves. */
  get _isServer(): boolean {
    return this.#extras?.isServer ?? true;
  }

  set _isServer(isServer: boolean) {
    this.#needExtras().isServer = isServer;
  }

  /** How binary messages are handed out; an unknown value is ignored. Default `nodebuffer`. */
  get binaryType(): BinaryType {
    return this.#extras?.binaryType ?? "nodebuffer";
  }

  set binaryType(type: BinaryType) {
    if (!binaryTypes.includes(type)) return;
    this.#needExtras().binaryType = type;
    if (this.#connection !== undefined) this.#connection.keepFragments = type === "fragments";
  }

  // ---- sending

  /**
   * Sends a message: a string as text, anything else as binary. Answers false when more waits than `highWaterBytes`: wait for `drain`. A buffer must not
   * change until the callback, which is called when the kernel took the message, or with an error.
   * @throws Error while CONNECTING. After the end nothing is thrown: the callback gets the error, the answer is false.
   */
  send(data: SendData, callback?: SendCallback): boolean;
  send(data: SendData, options?: SendOptions, callback?: SendCallback): boolean;
  send(data: SendData, options?: SendOptions | SendCallback, callback?: SendCallback): boolean {
    if (isCallback(options)) return this.#send(data, undefined, options);
    return this.#send(data, options, callback);
  }

  /** Like {@link WebSocket.send}; resolves when the kernel took the message, rejects when it never will. */
  async sendAsync(data: SendData, options?: SendOptions): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#send(data, options, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends a frame that `prepare` built once for many receivers. A server's socket only shares its memory; a client's copies and masks. */
  sendPrepared(frame: PreparedFrame, callback?: SendCallback): boolean {
    return this.#openOutbound(frame.payload.length, callback)?.sendPrepared(frame, callback) ?? false;
  }

  /**
   * Sends what the source gives as one message of unknown length, in fragments that leave by size and time, as fast as the peer reads. Resolves when the kernel
   * took its end. Messages sent meanwhile leave behind it, pings and pongs do not wait. What has left cannot be taken back: if the source fails or the
   * signal is aborted after that, the connection is closed with 1011.
   */
  async sendStream(source: MessageSource, options: SendStreamOptions = {}): Promise<void> {
    await sendFrom(new MessageSender(this, this.#opened(), this.#turns, options), this, source, options.signal);
  }

  /** A `Writable` whose content leaves as one message: see {@link WebSocket.sendStream}. Destroying it before `end()` is a failure of the source. */
  createMessageStream(options: MessageStreamOptions = {}): MessageWritable {
    return new MessageWritable(new MessageSender(this, this.#opened(), this.#turns, options), this, options.flushBytes ?? 65_536);
  }

  #needExtras(): WebSocketExtras {
    return (this.#extras ??= new WebSocketExtras());
  }

  get #turns(): TurnQueue {
    return (this.#needExtras().turnQueue ??= new TurnQueue());
  }

  /**
   * Sends a ping; the peer's pong comes as `pong`.
   * @throws RangeError `USAGE_CONTROL_PAYLOAD` for more than 125 bytes (RFC 6455 §5.5); Error while CONNECTING.
   */
  ping(data?: SendData | SendCallback, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#control("sendPing", data, mask, callback);
  }

  /** Sends a pong. Pings are answered without it unless `autoPong` is false. @throws as {@link WebSocket.ping} */
  pong(data?: SendData | SendCallback, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#control("sendPong", data, mask, callback);
  }

  #send(data: SendData, options: SendOptions | undefined, callback: SendCallback | undefined): boolean {
    const content = contentOf(data);
    return this.#openOutbound(content, callback)?.send(content, options, callback) ?? false;
  }

  #control(
    method: "sendPing" | "sendPong",
    data: SendData | SendCallback | undefined,
    mask: boolean | SendCallback | undefined,
    callback?: SendCallback,
  ): void {
    const done = isCallback(data) ? data : isCallback(mask) ? mask : callback;
    const content = isCallback(data) ? "" : contentOf(data);
    this.#openOutbound(content, done)?.control(method, content, done);
  }

  /** Made with the first message: whoever only listens does without. */
  #out(): Outbound | undefined {
    if (this.#outbound !== undefined || this.#connection === undefined) return this.#outbound;
    return (this.#outbound = new Outbound(this.#connection, (error) => this.#failToSend(error)));
  }

  /** The way out when the connection is open. Otherwise the bytes count as buffered for ever and the callback gets an error, as in `ws`. */
  #openOutbound(content: Content | number, callback: SendCallback | undefined): Outbound | undefined {
    const state = this.readyState;
    if (state === WebSocket.OPEN) return this.#out();
    if (state === WebSocket.CONNECTING) throw new Error("WebSocket is not open: readyState 0 (CONNECTING)");
    this.#needExtras().unsendableBytes += typeof content === "number" ? content : sizeOf(content);
    if (callback !== undefined) process.nextTick(callback, new Error(`WebSocket is not open: readyState ${state} (${stateNames[state]})`));
    return undefined;
  }

  // ---- ending

  /**
   * Another heartbeat for this connection from now on, in milliseconds, in place of the endpoint's option `heartbeat`. Nothing happens while CONNECTING and after the end.
   * @throws RangeError when a time is not positive.
   */
  setHeartbeat({ intervalMs, timeoutMs }: { readonly intervalMs: number; readonly timeoutMs: number }): void {
    for (const [name, ms] of Object.entries({ intervalMs, timeoutMs })) {
      if (!(ms > 0)) throw new RangeError(`heartbeat.${name} is ${ms}, not positive`);
    }
    if (this.#readyState === WebSocket.OPEN) this.#connection?.setHeartbeat({ intervalMs, timeoutMs });
  }

  /**
   * Starts the closing handshake (RFC 6455 §7.1.2); `close` follows. Nothing can be sent afterwards. While CONNECTING it gives the connection up.
   * @throws TypeError `USAGE_CLOSE_CODE` for a close code that may not be sent, RangeError `USAGE_CLOSE_REASON` for a reason over 123 bytes.
   */
  close(code?: number, reason?: string | Buffer): void {
    if (this.#abandon() || this.readyState !== WebSocket.OPEN) return;
    this.#out()?.close(code, reason);
  }

  /** Drops the connection without a closing handshake; `close` follows with 1006. */
  terminate(): void {
    if (this.#abandon() || this.#readyState === WebSocket.CLOSED) return;
    this.#connection?.terminate();
  }

  /** Closes with a closing handshake and waits for `close`, however the connection ends: for `await using`. Errors that come meanwhile are no news. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isShell = this.#connection === undefined && this.#extras?.handshake === undefined;
    if (this.#readyState === WebSocket.CLOSED || (isShell && this.#readyState === WebSocket.CONNECTING)) return;
    const closed = new Promise<void>((resolve) => this.once("close", () => resolve()));
    this.on("error", () => undefined);
    this.close();
    await closed;
  }

  #abandon(): boolean {
    if (this.#readyState !== WebSocket.CONNECTING) return false;
    this.#readyState = WebSocket.CLOSING;
    this.#extras?.handshake?.abort("WebSocket was closed before the connection was established");
    return true;
  }

  // ---- reading

  /** Stops reading: nothing is emitted until `resume()`, and the peer is held back by TCP. */
  pause(): void {
    if (this.#readyState === WebSocket.CONNECTING || this.#readyState === WebSocket.CLOSED) return;
    if (!this.isPaused) this.#connection?.pause();
    this.#needExtras().isPaused = true;
  }

  resume(): void {
    if (this.#readyState === WebSocket.CONNECTING || this.#readyState === WebSocket.CLOSED) return;
    if (this.#extras === undefined || !this.isPaused) return;
    this.#connection?.resume();
    this.#extras.isPaused = false;
  }

  /**
   * The messages one at a time: `for await (const message of socket)`. Text comes as a string, binary as `binaryType` says. Reading stands still while the loop
   * works, and ends with the connection; a connection that failed makes the loop throw. Begin in the turn in which the socket was handed out, or
   * `pause()` it until then: messages before the loop go to the listeners of `message`.
   */
  [Symbol.asyncIterator](): MessageIterator {
    return new MessageIterator(this, this.#opened());
  }

  /**
   * The messages one at a time, each as a `Readable` with `isBinary` that is handed out while it is still coming in:
   * `for await (const message of socket.messageStreams())`. No message is kept whole, so `maxPayload: 0` is safe with it; `maxFragments` counts. The event
   * `message` is not emitted meanwhile, and text heartbeats of the peer are messages.
   * @throws Error before `open`, and where `messageChecks` are set: they look at whole messages
   */
  messageStreams(): MessageStreams {
    const connection = this.#opened();
    const checks = this.#extras?.screenRules?.checks ?? [];
    if (checks.length > 0) {
      throw new Error("messageStreams() cannot be used together with messageChecks: they look at whole messages");
    }
    return new MessageStreams(this, connection, (isBinary) => this.#accepts(isBinary));
  }

  #accepts(isBinary: boolean): boolean {
    const accept = this.#extras?.screenRules?.accept ?? "both";
    if (accept === "both" || isBinary === (accept === "binary")) return true;
    this.#extras?.screen?.refuseKind();
    return false;
  }

  #opened(): Connection {
    if (this.#connection === undefined) throw new Error("WebSocket is not open: readyState 0 (CONNECTING)");
    return this.#connection;
  }

  // ---- setting up

  #connect(address: string | URL, subprotocols: readonly string[], options: ClientOptions): void {
    const extras = this.#needExtras();
    extras.isServer = false;
    const owner: HandshakeOwner = {
      isConnecting: () => this.#readyState === WebSocket.CONNECTING,
      addressed: (href) => {
        extras.url = href;
      },
      redirected: (request) => this.emit("redirect", extras.url, request),
      unexpected: (request, response) => this.emit("unexpected-response", request, response),
      upgrade: (response) => this.emit("upgrade", response),
      opened: (socket, head, subprotocol, extensions, missing) => {
        // Before the application's own listener of `open`: nothing is sent without them (RFC 6455 §7.4.1).
        if (missing.length > 0) this.prependOnceListener("open", () => this.close(1010, `not accepted: ${missing.join(", ")}`));
        this.setSocket(socket, head, { ...options, handshake: { subprotocol, extensions, profile: PROFILES.ws } });
      },
      failed: (error) => this.#failToOpen(error),
    };
    checkEndpointOptions("client", options, PROFILES.ws);
    prepareDriver(options.driver);
    const Opening = usesHttp2(options, address) ? Http2Handshake : ClientHandshake;
    extras.handshake = new Opening(owner, this, subprotocols, endpointExtensions("client", options, PROFILES.ws), options);
    extras.handshake.start(address);
  }

  /**
   * Makes it one end of a connection whose opening handshake is over, and emits `open`: what a server does with an empty shell. `head` is what arrived
   * with the handshake. The socket belongs to it from here on.
   */
  setSocket(socket: Duplex, head: Buffer, setup: SocketSetup = {}): void {
    const { handshake } = setup;
    const { subprotocol = "", extensions = [], profile = PROFILES.ws }: Partial<Handshake> = handshake ?? {};
    const options: SocketSetup = handshake?.isAll === true ? (this.#setup ?? {}) : { ...this.#setup, ...setup };
    this.#remoteAddress = handshake?.remoteAddress;
    if (this.#extras !== undefined) this.#extras.handshake = undefined;
    if (handshake?.context !== undefined) this.#needExtras().context = handshake.context;
    if (subprotocol !== "") this.#needExtras().protocol = subprotocol;
    if (extensions.length > 0) this.#needExtras().extensions = extensionNames(extensions);
    this.#attach(driverFor(socket, options.driver), head, options, profile, extensions);
    this.#readyState = WebSocket.OPEN;
    this.emit("open");
  }

  #attach(driver: Driver, head: Buffer, options: SocketSetup, profile: Profile, extensions: readonly UsedExtension[]): void {
    const { options: settings, screen: rules } = connectionSetup(this._isServer ? "server" : "client", options, profile);
    const isReadShared = driver.sharesReadBuffer;
    const givesViews = options.messages === "view";
    const owner =
      rules === undefined ? eventsFor(isReadShared, givesViews, WebSocket.#onClosed) : this.#screened(isReadShared, givesViews, rules);
    this.#connection = new Connection(driver, head, owner, settings, extensions, this);
    if (this.binaryType === "fragments") this.#connection.keepFragments = true;
    this.#extras?.screen?.attach(this.#connection);
  }

  /** Emits what the connection reports, with a screen before it. */
  #screened(isReadShared: boolean, givesViews: boolean, rules: ScreenRules): MessageScreen {
    const extras = this.#needExtras();
    const onThrow = rules.onHandlerError === "throw" ? undefined : (error: unknown): void => extras.screen?.handlerThrew(error);
    const events = new ConnectionEvents({ isReadShared, givesViews, onClosed: WebSocket.#onClosed, onThrow });
    extras.screenRules = rules;
    extras.screen = new MessageScreen(events, this, rules);
    return extras.screen;
  }

  // A message cannot be sent as it was meant, nor what stands behind it.
  #failToSend(error: Error): void {
    if (this.#readyState !== WebSocket.OPEN) return;
    this.#connection?.terminate(error);
    this.emit("error", error);
  }

  #failToOpen(error: Error): void {
    if (this.#extras !== undefined) this.#extras.handshake = undefined;
    this.#readyState = WebSocket.CLOSING;
    try {
      this.emit("error", error);
    } finally {
      this.#closed(1006, "");
    }
  }

  // One function for all sockets.
  static readonly #onClosed = (websocket: WebSocket, code: number, reason: string): void => websocket.#closed(code, reason);

  #closed(code: number, reason: string): void {
    this.#readyState = WebSocket.CLOSED;
    this.emit("close", code, Buffer.from(reason));
  }
}

/** One for all sockets that are not screened, by how it hands messages out. */
const sharedEvents: (ConnectionEvents | undefined)[] = [];

function eventsFor(isReadShared: boolean, givesViews: boolean, onClosed: ClosedListener): ConnectionEvents {
  const kind = (isReadShared ? 1 : 0) + (givesViews ? 2 : 0);
  return (sharedEvents[kind] ??= new ConnectionEvents({ isReadShared, givesViews, onClosed }));
}

// Listed by `for in`, as in the DOM.
for (const name of ["binaryType", "bufferedAmount", "extensions", "isPaused", "protocol", "readyState", "url"]) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}
for (const [value, name] of stateNames.entries()) {
  for (const place of [WebSocket, WebSocket.prototype]) Object.defineProperty(place, name, { enumerable: true, writable: false, value });
}

type Protocols = string | readonly string[] | ClientOptions | ClientRequestArgs | undefined;

// As `ws` tells them apart: null is a subprotocol, and no right one.
function isOptions(protocols: Protocols): protocols is ClientOptions | ClientRequestArgs {
  return typeof protocols === "object" && protocols !== null && !Array.isArray(protocols);
}

function asList(protocols: string | readonly string[] | undefined): readonly string[] {
  if (protocols === undefined) return [];
  return isList(protocols) ? protocols : [protocols];
}

function isList(protocols: string | readonly string[]): protocols is readonly string[] {
  return Array.isArray(protocols);
}

function contentOf(data: SendData | undefined): Content {
  if (typeof data === "string" || data instanceof Uint8Array) return data;
  if (typeof data === "number") return String(data);
  if (!data) return noBytes;
  return isBlob(data) ? data : bytesOf(data);
}

function isCallback(value: unknown): value is SendCallback {
  return typeof value === "function";
}

/** The types that programs written for `ws` find under the class: `WebSocket.RawData`. Types only, there is nothing of it at run time. */
export declare namespace WebSocket {
  export type RawData = names.RawData;
  export type Data = names.Data;
  export type CertMeta = names.CertMeta;
  export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = names.VerifyClientCallbackSync<Request>;
  export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = names.VerifyClientCallbackAsync<Request>;
  export type FinishRequestCallback = names.FinishRequestCallback;
  export type ClientOptions = names.ClientOptions;
  export type PerMessageDeflateOptions = names.PerMessageDeflateOptions;
  export type Event = names.Event;
  export type ErrorEvent = names.ErrorEvent;
  export type CloseEvent = names.CloseEvent;
  export type MessageEvent = names.MessageEvent;
  export type WebSocketEventMap = names.WebSocketEventMap;
  export type EventListenerOptions = names.EventListenerOptions;
  export type AddressInfo = names.AddressInfo;
  export type ServerOptions<
    T extends typeof WebSocket = typeof WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > = names.ServerOptions<T, U>;
  export type Server<
    T extends typeof WebSocket = typeof WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > = names.WebSocketServer<T, U>;
  export type WebSocketServer<
    T extends typeof WebSocket = typeof WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > = names.WebSocketServer<T, U>;
  export type WebSocket = names.WebSocket;
}
