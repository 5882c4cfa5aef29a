import type { Duplex } from "node:stream";
import { PROFILES, type PreparedFrame } from "@openline/protocol";
import type { broadcast, prepare } from "./broadcast.ts";
import { ClientHandshake, type HandshakeOwner } from "./client-handshake.ts";
import type { ClientOptions } from "./client-options.ts";
import { Connection, type ConnectionOptions, type SendCallback } from "./connection.ts";
import { ConnectionEvents } from "./connection-events.ts";
import { connectionOptions, warnOfCompression } from "./endpoint-options.ts";
import { EventTarget } from "./event-target.ts";
import { type BinaryType, bytesOf, type SendData } from "./payload.ts";
import { StreamDriver } from "./stream-driver.ts";
import type { WebSocketServer } from "./websocket-server.ts";

/** Options of one `send`. */
export interface SendOptions {
  /** Send as a binary message. Default: whether the data is not a string. */
  readonly binary?: boolean | undefined;
  /** False: this is a fragment and more follow; the last one has true. Default true. */
  readonly fin?: boolean | undefined;
  /** Accepted for the sake of programs written for `ws`: nothing is compressed yet. */
  readonly compress?: boolean | undefined;
  /** Accepted for the sake of programs written for `ws`: clients always mask, servers never (RFC 6455 §5.1). */
  readonly mask?: boolean | undefined;
}

const binaryTypes: readonly string[] = ["nodebuffer", "arraybuffer", "fragments", "blob"] satisfies BinaryType[];
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
  #handshake: ClientHandshake | undefined;
  #socket: Duplex | undefined;
  #binaryType: BinaryType = "nodebuffer";
  #protocol = "";
  #url = "";
  #isPaused = false;
  #wasClean = false;
  #isFragmentOpen = false;
  /** Bytes given to `send` when nothing could be sent any more; they stay counted, as in browsers. */
  #unsendableBytes = 0;

  /**
   * Connects to `address` (`ws:`, `wss:`, `http:`, `https:`, `ws+unix:`); wait for `open`. With null it is an empty shell for a server to fill.
   * @throws SyntaxError, RangeError, TypeError or UsageError for arguments that cannot be; what fails later comes as `error`, then `close`.
   */
  constructor(address: string | URL | null, options?: ClientOptions);
  constructor(address: string | URL | null, protocols?: string | readonly string[], options?: ClientOptions);
  constructor(address: string | URL | null, protocols?: string | readonly string[] | ClientOptions, options?: ClientOptions) {
    super();
    if (address === null) return;
    const settings = (isList(protocols) ? options : (protocols ?? options)) ?? {};
    warnOfCompression(settings.perMessageDeflate);
    const wanted = isList(protocols) ? protocols : (settings.protocols ?? []);
    this.#connect(address, typeof wanted === "string" ? [wanted] : wanted, settings);
  }

  // ---- what it is

  get readyState(): 0 | 1 | 2 | 3 {
    // The machine may be through while the transport is still closing; `close` has not been emitted then.
    if (this.#readyState !== WebSocket.OPEN || this.#connection === undefined) return this.#readyState;
    return this.#connection.machine.readyState === WebSocket.OPEN ? WebSocket.OPEN : WebSocket.CLOSING;
  }

  /** Address of the server, for a client; empty for a server's socket. */
  get url(): string {
    return this.#url;
  }

  /** The subprotocol agreed on, or empty. */
  get protocol(): string {
    return this.#protocol;
  }

  /** The extensions agreed on: none yet. */
  get extensions(): string {
    return "";
  }

  /** Bytes handed to `send`, frame headers included, that the kernel has not taken. */
  get bufferedAmount(): number {
    return (this.#connection?.machine.bufferedBytes ?? 0) + this.#unsendableBytes;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether both close frames went over the line. False before the end. */
  override get wasClean(): boolean {
    return this.#wasClean;
  }

  /** Round-trip time of the last heartbeat, in milliseconds; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#connection?.machine.roundTripMs;
  }

  /** Why the connection ended without anybody closing it, when that is known. */
  get cause(): Error | undefined {
    return this.#connection?.cause;
  }

  /** The transport, where packages written for `ws` look for it. Do not read from it or write to it. */
  get _socket(): Duplex | null {
    return this.#socket ?? null;
  }

  /** How binary messages are handed out; an unknown value is ignored. Default `nodebuffer`. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (!binaryTypes.includes(type)) return;
    this.#binaryType = type;
    if (this.#connection !== undefined) this.#connection.machine.keepFragments = type === "fragments";
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
    const connection = this.#openConnection(frame.payload.length, callback);
    if (connection === undefined) return false;
    const hasRoom = connection.machine.sendPrepared(frame);
    connection.sent(callback);
    return hasRoom;
  }

  /**
   * Sends a ping; the peer's pong comes as `pong`.
   * @throws UsageError `USAGE_CONTROL_PAYLOAD` for more than 125 bytes (RFC 6455 §5.5); Error while CONNECTING.
   */
  ping(data?: SendData | SendCallback, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#control("sendPing", data, mask, callback);
  }

  /** Sends a pong. Pings are answered without it unless `autoPong` is false. @throws as {@link WebSocket.ping} */
  pong(data?: SendData | SendCallback, mask?: boolean | SendCallback, callback?: SendCallback): void {
    this.#control("sendPong", data, mask, callback);
  }

  #send(data: SendData, options: SendOptions | undefined, callback: SendCallback | undefined): boolean {
    const content = typeof data === "number" ? String(data) : typeof data === "string" ? data : bytesOf(data ?? "");
    const connection = this.#openConnection(content, callback);
    if (connection === undefined) return false;
    const isBinary = options?.binary ?? typeof content !== "string";
    const isLast = options?.fin !== false;
    const hasRoom =
      isLast && !this.#isFragmentOpen
        ? sendWhole(connection, content, isBinary)
        : this.#sendFragment(connection, content, isBinary, isLast);
    connection.sent(callback);
    return hasRoom;
  }

  #sendFragment(connection: Connection, content: string | Uint8Array, isBinary: boolean, isLast: boolean): boolean {
    const { machine } = connection;
    if (!this.#isFragmentOpen) machine.beginMessage(isBinary ? "binary" : "text");
    this.#isFragmentOpen = !isLast;
    return isLast ? machine.endMessage(content) : machine.sendFragment(content);
  }

  #control(
    method: "sendPing" | "sendPong",
    data: SendData | SendCallback | undefined,
    mask: boolean | SendCallback | undefined,
    callback?: SendCallback,
  ): void {
    const done = isCallback(data) ? data : isCallback(mask) ? mask : callback;
    const content = isCallback(data) || data === undefined || data === null ? "" : data;
    const bytes = typeof content === "string" || typeof content === "number" ? Buffer.from(String(content)) : bytesOf(content);
    const connection = this.#openConnection(bytes.length, done);
    if (connection === undefined) return;
    connection.machine[method](bytes);
    connection.sent(done);
  }

  /** The connection when it is open. Otherwise the bytes count as buffered for ever and the callback gets an error, as in `ws`. */
  #openConnection(content: string | Uint8Array | number, callback: SendCallback | undefined): Connection | undefined {
    const state = this.readyState;
    if (state === WebSocket.OPEN) return this.#connection;
    if (state === WebSocket.CONNECTING) throw new Error("WebSocket is not open: readyState 0 (CONNECTING)");
    this.#unsendableBytes += typeof content === "number" ? content : Buffer.byteLength(content);
    if (callback !== undefined) process.nextTick(callback, new Error(`WebSocket is not open: readyState ${state} (${stateNames[state]})`));
    return undefined;
  }

  // ---- ending

  /**
   * Starts the closing handshake (RFC 6455 §7.1.2); `close` follows. Nothing can be sent afterwards. While CONNECTING it gives the connection up.
   * @throws UsageError for a close code that may not be sent, or a reason over 123 bytes.
   */
  close(code?: number, reason?: string | Buffer): void {
    if (this.#abandon() || this.readyState !== WebSocket.OPEN) return;
    this.#connection?.close(code, reason?.toString());
  }

  /** Drops the connection without a closing handshake; `close` follows with 1006. */
  terminate(): void {
    if (this.#abandon() || this.#readyState === WebSocket.CLOSED) return;
    this.#connection?.terminate();
  }

  #abandon(): boolean {
    if (this.#readyState !== WebSocket.CONNECTING) return false;
    this.#readyState = WebSocket.CLOSING;
    this.#handshake?.abort("WebSocket was closed before the connection was established");
    return true;
  }

  // ---- reading

  /** Stops reading: nothing is emitted until `resume()`, and the peer is held back by TCP. */
  pause(): void {
    if (this.#readyState === WebSocket.CONNECTING || this.#readyState === WebSocket.CLOSED) return;
    this.#isPaused = true;
    this.#connection?.pause();
  }

  resume(): void {
    if (this.#readyState === WebSocket.CONNECTING || this.#readyState === WebSocket.CLOSED) return;
    this.#isPaused = false;
    this.#connection?.resume();
  }

  // ---- setting up

  #connect(address: string | URL, subprotocols: readonly string[], options: ClientOptions): void {
    const owner: HandshakeOwner = {
      isConnecting: () => this.#readyState === WebSocket.CONNECTING,
      addressed: (href) => {
        this.#url = href;
      },
      redirected: (request) => this.emit("redirect", this.#url, request),
      unexpected: (request, response) => this.emit("unexpected-response", request, response),
      upgrade: (response) => this.emit("upgrade", response),
      opened: (socket, head, subprotocol) => this.setSocket(socket, head, subprotocol, connectionOptions("client", options, PROFILES.ws)),
      failed: (error) => this.#failToOpen(error),
    };
    this.#handshake = new ClientHandshake(owner, this, subprotocols, options);
    this.#handshake.start(address);
  }

  /** Fills the shell after an opening handshake and emits `open`. For servers; not for users. */
  setSocket(socket: Duplex, head: Buffer, subprotocol: string, options: ConnectionOptions): void {
    this.#handshake = undefined;
    this.#protocol = subprotocol;
    this.#socket = socket;
    const driver = new StreamDriver(socket);
    const events = new ConnectionEvents(this, driver.sharesReadBuffer, (code, reason, wasClean) => this.#closed(code, reason, wasClean));
    this.#connection = new Connection(driver, head, events, { ...options, keepFragments: this.#binaryType === "fragments" });
    this.#readyState = WebSocket.OPEN;
    this.emit("open");
  }

  #failToOpen(error: Error): void {
    this.#handshake = undefined;
    this.#readyState = WebSocket.CLOSING;
    try {
      this.emit("error", error);
    } finally {
      this.#closed(1006, "", false);
    }
  }

  #closed(code: number, reason: string, wasClean: boolean): void {
    this.#readyState = WebSocket.CLOSED;
    this.#wasClean = wasClean;
    this.emit("close", code, Buffer.from(reason));
  }
}

for (const [index, name] of stateNames.entries()) Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value: index });

function isList(protocols: string | readonly string[] | ClientOptions | undefined): protocols is string | readonly string[] {
  return typeof protocols === "string" || Array.isArray(protocols);
}

function isCallback(value: unknown): value is SendCallback {
  return typeof value === "function";
}

function sendWhole(connection: Connection, content: string | Uint8Array, isBinary: boolean): boolean {
  const { machine } = connection;
  if (typeof content === "string") return isBinary ? machine.sendBinary(Buffer.from(content)) : machine.sendText(content);
  return isBinary ? machine.sendBinary(content) : machine.sendUtf8(content);
}
