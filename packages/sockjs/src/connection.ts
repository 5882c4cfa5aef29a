import type { IncomingHttpHeaders } from "node:http";
import { Stream } from "node:stream";
import { type EncodedMessage, encodeMessage } from "./frames.ts";

/** The transports by the names that `connection.protocol` has in the npm package `sockjs`. */
export type ConnectionProtocol =
  | "websocket"
  | "websocket-raw"
  | "xhr-polling"
  | "xhr-streaming"
  | "eventsource"
  | "htmlfile"
  | "jsonp-polling";

/** The events of a {@link SockjsConnection}, with the arguments of their listeners. */
export interface ConnectionEvents {
  /** A message came. */
  data: [message: string];
  /** After a `write` that answered false: there is room again. */
  drain: [];
  /** Before `close`, as streams have it. */
  end: [];
  /** It is over; `code` and `reason` are those of the close, 1006 when the client was lost. */
  close: [code: number, reason: string];
}

/** Where a connection's first request came from. */
export interface ConnectionSource {
  readonly protocol: ConnectionProtocol;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly address: { readonly address: string | undefined; readonly port: number | undefined };
  /** The fields of the request that are harmless and useful; no cookies. */
  readonly headers: IncomingHttpHeaders;
  /** The request's target without server and session: those are the client's secret. */
  readonly url: string;
  readonly pathname: string;
  readonly prefix: string;
  /** What `admit` added. */
  readonly context: unknown;
}

/** What carries a connection: a session, or a raw WebSocket. */
export interface ConnectionLink {
  readonly bufferedBytes: number;
  /** False when nothing is taken any more. */
  write(message: EncodedMessage): boolean;
  close(code: number, reason: string): boolean;
  destroy(): void;
}

/** From so many unsent bytes on `write` answers false. */
const defaultHighWaterBytes = 65_536;

// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- types of events only
export interface SockjsConnection {
  on<K extends keyof ConnectionEvents>(event: K, listener: (...values: ConnectionEvents[K]) => void): this;
  once<K extends keyof ConnectionEvents>(event: K, listener: (...values: ConnectionEvents[K]) => void): this;
  off<K extends keyof ConnectionEvents>(event: K, listener: (...values: ConnectionEvents[K]) => void): this;
}

/**
 * One client, on whichever transport it came. Listen for `data`, answer with `write`. It is a stream in the old style of Node, as in the
 * npm package `sockjs`: `connection.pipe(connection)` echoes.
 */
export class SockjsConnection extends Stream implements ConnectionSource {
  /** Names it in logs. Not the client's session id, which is a secret. */
  readonly id: string;
  readonly protocol: ConnectionProtocol;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly address: ConnectionSource["address"];
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly pathname: string;
  readonly prefix: string;
  readonly context: unknown;
  readonly readable = true;
  #readyState: 1 | 2 | 3 = 1;
  readonly #link: ConnectionLink;
  #isFull = false;

  constructor(id: string, source: ConnectionSource, link: ConnectionLink) {
    super();
    this.id = id;
    this.protocol = source.protocol;
    this.remoteAddress = source.remoteAddress;
    this.remotePort = source.remotePort;
    this.address = source.address;
    this.headers = source.headers;
    this.url = source.url;
    this.pathname = source.pathname;
    this.prefix = source.prefix;
    this.context = source.context;
    this.#link = link;
  }

  /** 1 open, 2 closing, 3 closed, as WebSocket numbers them. */
  get readyState(): 1 | 2 | 3 {
    return this.#readyState;
  }

  get writable(): boolean {
    return this.#readyState === 1;
  }

  /** Bytes written that the network has not taken. */
  get bufferedAmount(): number {
    return this.#link.bufferedBytes;
  }

  /** Sends a message. False when it is closed, or when 64 KiB are unsent: then wait for `drain`. What is written is taken all the same. */
  write(message: string): boolean {
    return this.writeEncoded(encodeMessage(message));
  }

  /** Like {@link SockjsConnection.write}, for a message that goes to many: encode it once with `encodeMessage`. */
  writeEncoded(message: EncodedMessage): boolean {
    if (this.#readyState !== 1 || !this.#link.write(message)) return false;
    this.#isFull = this.#link.bufferedBytes >= defaultHighWaterBytes;
    return !this.#isFull;
  }

  /**
   * Closes it with what the client's `close` event then shows. Default 1000, "Normal closure". False when it was closed before.
   * @throws RangeError unless the code is 1000 to 4999
   */
  close(code = 1000, reason = "Normal closure"): boolean {
    if (!Number.isInteger(code) || code < 1000 || code > 4999) throw new RangeError(`the close code ${code} is not 1000 to 4999`);
    if (this.#readyState !== 1) return false;
    this.#readyState = 2;
    return this.#link.close(code, reason);
  }

  /** Sends `message`, if any, and closes with 1000. */
  end(message?: string): void {
    if (message !== undefined) this.write(message);
    this.close();
  }

  /** Breaks the connection without a word to the client. */
  destroy(): void {
    if (this.#readyState !== 3) this.#link.destroy();
  }

  /** For the session that carries it: messages came. @internal */
  deliver(messages: readonly string[]): void {
    for (const message of messages) {
      if (this.#readyState !== 1) return;
      this.emit("data", message);
    }
  }

  /** For the session that carries it: there is room again. @internal */
  drained(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.emit("drain");
  }

  /** For the session that carries it: it is over. @internal */
  closed(code: number, reason: string): void {
    if (this.#readyState === 3) return;
    this.#readyState = 3;
    this.emit("end");
    this.emit("close", code, reason);
  }
}
