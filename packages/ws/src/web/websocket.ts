import { setMaxListeners } from "node:events";
import { sizeOf } from "../blob-queue.ts";
import { Channel, type ChannelEnd, queueTask } from "./channel.ts";
import { CloseEvent } from "./close-event.ts";
import { checkClose } from "./close-rules.ts";
import { type EventHandler, EventHandlers } from "./event-handlers.ts";
import { MessageEventClass } from "./message-event.ts";
import { ownContent } from "./own-content.ts";
import { checkSubprotocols, subprotocolsOf } from "./subprotocol-list.ts";
import { asInterface, clampedUnsignedShort, usvString, withConstants } from "./web-idl.ts";
import { originOf, webSocketUrl } from "./web-url.ts";

/** How binary messages are handed out. */
export type BinaryType = "blob" | "arraybuffer";

/** The events of a {@link WebSocket}, by name. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: Event;
  close: CloseEvent;
}

/** A listener of `addEventListener`. */
export type WebSocketListener<E extends Event> = ((event: E) => unknown) | { handleEvent(event: E): unknown };

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/**
 * The `WebSocket` of browsers, as the WebSockets Standard has it (https://websockets.spec.whatwg.org/): a real `EventTarget`, one task for each event, `DOMException`s.
 * For Node's own ways (streams, back-pressure, pings, compatibility with `ws`) take the class of `@openline/ws`.
 */
export class WebSocket extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;

  readonly #url: URL;
  readonly #channel: Channel;
  readonly #handlers: EventHandlers = new EventHandlers(this);
  #readyState: 0 | 1 | 2 | 3 = CONNECTING;
  #protocol = "";
  #extensions = "";
  #binaryType: BinaryType = "blob";
  #bufferedAmount = 0;
  /** Bytes that have left since `bufferedAmount` was set right. */
  #left = 0;

  /**
   * Connects; `open` follows, or `error` and `close`. A relative address is resolved against the base of `setEnvironment`.
   * @throws DOMException `SyntaxError` for an address or subprotocols that cannot be
   */
  constructor(url: string | URL, protocols: string | Iterable<string> = []) {
    if (arguments.length === 0) throw new TypeError("WebSocket: the URL is missing");
    super();
    // Node warns from the eleventh on; a page may have as many as it likes.
    setMaxListeners(0, this);
    const address = usvString(url);
    const subprotocols = subprotocolsOf(protocols);
    this.#url = webSocketUrl(address);
    checkSubprotocols(subprotocols);
    const owner = {
      opened: (subprotocol: string, extensions: string): void => this.#opened(subprotocol, extensions),
      received: (data: string | ArrayBuffer): void => this.#received(data),
      closing: (): void => this.#closing(),
      closed: (end: ChannelEnd): void => this.#closed(end),
    };
    this.#channel = new Channel(owner, this.#url, subprotocols);
  }

  get url(): string {
    return this.#url.href;
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  /**
   * Bytes of text (as UTF-8) and data given to `send` that have not left, without what the protocol adds. Does not change while a task runs, except by `send`. What
   * could not be sent stays counted after the end.
   */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /** The extensions in use, as the server wrote them; empty before `open`. */
  get extensions(): string {
    return this.#extensions;
  }

  /** The subprotocol agreed on, or empty. */
  get protocol(): string {
    return this.#protocol;
  }

  /** How binary messages are handed out, from the next event on; another value is ignored. Default `blob`. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    // Read first: what is no WebSocket is refused whatever the value.
    const before = this.#binaryType;
    const value: string = usvString(type);
    this.#binaryType = value === "blob" || value === "arraybuffer" ? value : before;
  }

  get onopen(): EventHandler<Event> {
    return this.#handlers.get("open");
  }
  set onopen(handler: EventHandler<Event>) {
    this.#handlers.set("open", handler);
  }

  get onerror(): EventHandler<Event> {
    return this.#handlers.get("error");
  }
  set onerror(handler: EventHandler<Event>) {
    this.#handlers.set("error", handler);
  }

  get onclose(): EventHandler<CloseEvent> {
    return this.#handlers.get("close");
  }
  set onclose(handler: EventHandler<CloseEvent>) {
    this.#handlers.set("close", handler);
  }

  get onmessage(): EventHandler<MessageEvent> {
    return this.#handlers.get("message");
  }
  set onmessage(handler: EventHandler<MessageEvent>) {
    this.#handlers.set("message", handler);
  }

  declare addEventListener: {
    <K extends keyof WebSocketEventMap>(
      type: K,
      listener: WebSocketListener<WebSocketEventMap[K]> | null,
      options?: object | boolean,
    ): void;
    (type: string, listener: WebSocketListener<Event> | null, options?: object | boolean): void;
  };
  declare removeEventListener: {
    <K extends keyof WebSocketEventMap>(
      type: K,
      listener: WebSocketListener<WebSocketEventMap[K]> | null,
      options?: object | boolean,
    ): void;
    (type: string, listener: WebSocketListener<Event> | null, options?: object | boolean): void;
  };

  /**
   * Sends a message: a buffer, a view or a Blob as binary, anything else as text. Buffers are copied. After the end nothing is sent, and counted in `bufferedAmount`.
   * @throws DOMException `InvalidStateError` while CONNECTING
   */
  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
    // Else a call on something that is no WebSocket would be told about its argument.
    const state = this.#readyState;
    if (arguments.length === 0) throw new TypeError("send: the data is missing");
    const content = ownContent(data);
    if (state === CONNECTING) throw new DOMException("The WebSocket is still connecting", "InvalidStateError");
    const bytes = sizeOf(content);
    this.#bufferedAmount += bytes;
    if (state !== OPEN) return;
    this.#channel.send(content, (error) => {
      if (error === undefined) this.#sent(bytes);
    });
  }

  /**
   * Starts the closing handshake behind everything that was sent, `close` follows; while CONNECTING it gives the connection up.
   * @throws DOMException `InvalidAccessError` for a code other than 1000 and 3000 to 4999, `SyntaxError` for a reason over 123 bytes
   */
  close(code?: number, reason?: string): void {
    const state = this.#readyState;
    const wantedCode = code === undefined ? undefined : clampedUnsignedShort(code);
    const wantedReason = reason === undefined ? "" : usvString(reason);
    checkClose(wantedCode, wantedReason);
    if (state === CLOSING || state === CLOSED) return;
    this.#readyState = CLOSING;
    if (state === CONNECTING) this.#channel.abandon();
    else this.#channel.close(wantedCode, wantedReason);
  }

  /** Closes and waits for the end, however the connection ends: for `await using`. Not in the standard. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#readyState === CLOSED) return;
    const closed = new Promise((resolve) => this.addEventListener("close", resolve, { once: true }));
    this.close();
    await closed;
  }

  #sent(bytes: number): void {
    if (this.#left === 0) queueTask(() => this.#settle());
    this.#left += bytes;
  }

  // Also before each event: an answer may be dispatched first, in which case what it answers has left.
  #settle(): void {
    this.#bufferedAmount -= this.#left;
    this.#left = 0;
  }

  #opened(subprotocol: string, extensions: string): void {
    // Closed in the time between the handshake and this task.
    if (this.#readyState !== CONNECTING) return this.#channel.close(undefined, "");
    this.#readyState = OPEN;
    this.#protocol = subprotocol;
    this.#extensions = extensions;
    this.dispatchEvent(new Event("open"));
  }

  #received(data: string | ArrayBuffer): void {
    this.#settle();
    if (this.#readyState !== OPEN) return;
    const message = typeof data === "string" || this.#binaryType === "arraybuffer" ? data : new Blob([data]);
    this.dispatchEvent(new MessageEventClass("message", { data: message, origin: originOf(this.#url) }));
  }

  #closing(): void {
    if (this.#readyState === OPEN) this.#readyState = CLOSING;
  }

  #closed({ code, reason, wasClean, isFailure }: ChannelEnd): void {
    this.#settle();
    this.#readyState = CLOSED;
    const close = (): void => void this.dispatchEvent(new CloseEvent("close", { wasClean, code, reason }));
    if (!isFailure) return close();
    // In this order, and the second must not be lost when a listener of the first throws.
    queueTask(close);
    this.dispatchEvent(new Event("error"));
  }
}

// Both arguments are optional, and Web IDL counts none of them.
// oxlint-disable-next-line typescript/unbound-method -- nobody calls it here
Object.defineProperty(WebSocket.prototype.close, "length", { value: 0, configurable: true });
withConstants(WebSocket, { CONNECTING, OPEN, CLOSING, CLOSED });
asInterface(WebSocket, [
  "url",
  "readyState",
  "bufferedAmount",
  "onopen",
  "onerror",
  "onclose",
  "extensions",
  "protocol",
  "close",
  "onmessage",
  "binaryType",
  "send",
]);
