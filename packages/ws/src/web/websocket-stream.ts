import {
  ReadableStream,
  type ReadableStreamDefaultController,
  WritableStream,
  type WritableStreamDefaultController,
} from "node:stream/web";
import { Channel, type ChannelEnd } from "./channel.ts";
import { Deferred } from "./deferred.ts";
import { ownChunk } from "./own-content.ts";
import { checkSubprotocols, subprotocolsOf } from "./subprotocol-list.ts";
import { asInterface, dictionary, usvString } from "./web-idl.ts";
import { webSocketUrl } from "./web-url.ts";
import { checkedClose, errorOfEnd, type WebSocketCloseInfo, WebSocketError } from "./websocket-error.ts";

/** Options of a {@link WebSocketStream}. */
export interface WebSocketStreamOptions {
  /** Subprotocols to offer. */
  readonly protocols?: Iterable<string> | undefined;
  /** Gives the connection up before it is open; has no effect afterwards. */
  readonly signal?: AbortSignal | undefined;
}

/** What an open connection is made of. */
export interface WebSocketOpenInfo {
  /** The messages: text as strings, binary as `Uint8Array`s. Reading holds the peer back. */
  readonly readable: ReadableStream<string | Uint8Array>;
  /** Each chunk leaves as a message: buffers as binary, anything else as text. A write is done when the kernel took it. */
  readonly writable: WritableStream<string | ArrayBuffer | ArrayBufferView>;
  readonly extensions: string;
  readonly protocol: string;
}

/** A WebSocket as a pair of streams with back-pressure both ways, as the WebSockets Standard §4 has it (https://websockets.spec.whatwg.org/#websocketstream). */
export class WebSocketStream {
  readonly #url: URL;
  readonly #opened = new Deferred<WebSocketOpenInfo>();
  readonly #closed = new Deferred<Required<{ closeCode: number; reason: string }>>();
  /** Undefined for one whose signal was aborted before. */
  readonly #channel: Channel | undefined;
  #abort: (() => void) | undefined;
  #isOpen = false;
  /** Closed before it was open. */
  #isGivenUp = false;
  #isOver = false;
  /** Nobody holds the peer back any more: its close frame is waited for. */
  #isClosing = false;
  /** Messages that the kernel has not taken whole. */
  #writes = 0;
  /** Some were not taken whole when the peer began to close: it looks at them no more, so the end is not clean. */
  #isCutShort = false;
  #reading: ReadableStreamDefaultController<string | Uint8Array> | undefined;
  #writing: WritableStreamDefaultController | undefined;

  /**
   * Connects; wait for `opened`.
   * @throws DOMException `SyntaxError` for an address or subprotocols that cannot be, TypeError for options that are none
   */
  constructor(url: string | URL, options: WebSocketStreamOptions = {}) {
    if (arguments.length === 0) throw new TypeError("WebSocketStream: the URL is missing");
    const address = usvString(url);
    const { protocols, signal }: WebSocketStreamOptions = dictionary(options, "WebSocketStream");
    const subprotocols = protocolList(protocols);
    checkSignal(signal);
    this.#url = webSocketUrl(address);
    checkSubprotocols(subprotocols);
    if (signal?.aborted === true) {
      this.#giveUp(signal.reason);
      return;
    }
    this.#channel = new Channel(
      {
        opened: (protocol, extensions) => this.#open(protocol, extensions),
        received: (data) => this.#received(data),
        closing: () => this.#peerCloses(),
        closed: (end) => this.#end(end),
      },
      this.#url,
      subprotocols,
    );
    if (signal !== undefined) this.#listenTo(signal, this.#channel);
  }

  get url(): string {
    return this.#url.href;
  }

  /** The streams of the open connection. Rejects with a {@link WebSocketError}, or with the signal's reason, when it comes to nothing. */
  get opened(): Promise<WebSocketOpenInfo> {
    return this.#opened.promise;
  }

  /** The peer's close code (1005 for none) and reason. Rejects with a {@link WebSocketError} when the connection ended without a closing handshake. */
  get closed(): Promise<{ closeCode: number; reason: string }> {
    return this.#closed.promise;
  }

  /**
   * Starts the closing handshake behind everything that was written; before the connection is open, gives it up.
   * @throws DOMException `InvalidAccessError` for a code other than 1000 and 3000 to 4999, `SyntaxError` for a reason over 123 bytes
   */
  close(closeInfo: WebSocketCloseInfo = {}): void {
    const channel = this.#channel;
    const { closeCode, reason } = checkedClose(closeInfo, "close");
    if (channel !== undefined) this.#close(channel, closeCode, reason);
  }

  /** Closes and waits for the end, however the connection ends: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#closed.promise.catch(() => undefined);
  }

  #close(channel: Channel, closeCode: number | null, reason: string): void {
    if (!this.#isOpen) {
      this.#isGivenUp = true;
      return channel.abandon();
    }
    channel.close(closeCode ?? undefined, reason);
    // The peer's close frame may stand behind messages that nobody reads.
    this.#isClosing = true;
    channel.resume();
  }

  #listenTo(signal: AbortSignal, channel: Channel): void {
    const onAbort = (): void => {
      this.#giveUp(signal.reason);
      channel.abandon();
    };
    signal.addEventListener("abort", onAbort);
    this.#abort = () => signal.removeEventListener("abort", onAbort);
  }

  #giveUp(reason: unknown): void {
    this.#isOver = true;
    this.#opened.reject(reason);
    this.#closed.reject(reason);
  }

  #open(protocol: string, extensions: string): void {
    const channel = this.#channel;
    this.#abort?.();
    // Given up in the time between the handshake and this task.
    if (channel === undefined || this.#isOver || this.#isGivenUp) return channel?.close(undefined, "");
    this.#isOpen = true;
    const readable = new ReadableStream<string | Uint8Array>({
      start: (controller) => {
        this.#reading = controller;
      },
      pull: () => channel.resume(),
      cancel: (reason) => {
        this.#reading = undefined;
        this.#closeUsing(channel, reason);
      },
    });
    const writable = new WritableStream<string | ArrayBuffer | ArrayBufferView>({
      start: (controller) => {
        this.#writing = controller;
      },
      write: async (chunk) => this.#write(channel, chunk),
      close: async () => {
        this.#close(channel, null, "");
        await this.#closed.promise;
      },
      abort: (reason) => this.#closeUsing(channel, reason),
    });
    this.#opened.resolve({ readable, writable, extensions, protocol });
  }

  #closeUsing(channel: Channel, reason: unknown): void {
    if (reason instanceof WebSocketError) this.#close(channel, reason.closeCode, reason.reason);
    else this.#close(channel, null, "");
  }

  async #write(channel: Channel, chunk: unknown): Promise<void> {
    const content = ownChunk(chunk);
    this.#writes++;
    const error = await new Promise<Error | undefined>((resolve) => {
      channel.send(content, resolve);
    });
    this.#writes--;
    if (this.#isCutShort) await this.#closed.promise;
    else if (error !== undefined) throw closedError("The connection was closed before the message was sent");
  }

  #peerCloses(): void {
    this.#isCutShort = this.#writes > 0;
  }

  #received(data: string | ArrayBuffer): void {
    const controller = this.#reading;
    controller?.enqueue(typeof data === "string" ? data : new Uint8Array(data));
    if (controller !== undefined && !this.#isClosing && (controller.desiredSize ?? 0) <= 0) this.#channel?.pause();
  }

  #end({ code, reason, wasClean }: ChannelEnd): void {
    this.#abort?.();
    if (this.#isOver) return;
    this.#isOver = true;
    if (wasClean && this.#isOpen && !this.#isCutShort) {
      this.#closed.resolve({ closeCode: code, reason });
      this.#reading?.close();
      this.#writing?.error(closedError("The connection is closed"));
      return;
    }
    const error = errorOfEnd(this.#howItEnded(wasClean), code, reason);
    this.#opened.reject(error);
    this.#closed.reject(error);
    this.#reading?.error(error);
    this.#writing?.error(error);
  }

  #howItEnded(wasClean: boolean): string {
    if (!this.#isOpen) return "The connection failed";
    return wasClean ? "The peer closed before all was written" : "The connection ended without a closing handshake";
  }
}

asInterface(WebSocketStream, ["url", "opened", "closed", "close"]);
// Its argument is optional, and Web IDL does not count it.
// oxlint-disable-next-line typescript/unbound-method -- nobody calls it here
Object.defineProperty(WebSocketStream.prototype.close, "length", { value: 0, configurable: true });

// A sequence, and nothing else: a string is not one (Web IDL §3.2.21).
function protocolList(protocols: unknown): readonly string[] {
  if (protocols !== undefined && (typeof protocols !== "object" || protocols === null || !(Symbol.iterator in protocols))) {
    throw new TypeError("WebSocketStream: protocols must be a sequence");
  }
  return subprotocolsOf(protocols);
}

function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("WebSocketStream: signal must be an AbortSignal");
}

function closedError(message: string): DOMException {
  return new DOMException(message, "InvalidStateError");
}
