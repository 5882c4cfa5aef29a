import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";
import type { Duplex } from "node:stream";
import {
  checkConnectResponse,
  checkExtensions,
  connectRequestFields,
  type Field,
  HandshakeError,
  offerExtensions,
} from "@openline/protocol";
import { type Address, parseAddress } from "../address.ts";
import { ClientHandshake, checkSubprotocols, connectTls, type HandshakeOwner, type OpeningHandshake } from "../client-handshake.ts";
import type { ClientOptions } from "../client-options.ts";
import type { Fields } from "../credentials.ts";
import { HandshakeDeadline } from "../handshake-deadline.ts";
import type { EndpointExtension } from "../message-codec.ts";
import { Redirects } from "../redirects.ts";
import type { WebSocket } from "../websocket.ts";
import { settingsOf } from "./dial.ts";
import { asClientRequest, Http2ClientRequest } from "./http2-client-request.ts";
import { Http2Response } from "./http2-response.ts";
import { Http2ErrorCode } from "./node-http2.ts";
import { type Lease, type Leased, type SessionPool, sessionPool } from "./session-pool.ts";

/**
 * The opening handshake of a client over HTTP/2 (RFC 8441 §5): a stream on a connection that it shares. With `http2: "auto"` it goes on over HTTP/1.1 where
 * the server has only that. Ends with one `opened` or one `failed`.
 */
export class Http2Handshake implements OpeningHandshake {
  readonly #owner: HandshakeOwner;
  readonly #websocket: WebSocket | undefined;
  readonly #options: ClientOptions;
  readonly #subprotocols: readonly string[];
  readonly #extensions: readonly EndpointExtension[];
  readonly #pool: SessionPool;
  readonly #redirects: Redirects;
  readonly #unwanted = new AbortController();
  #deadline: HandshakeDeadline | undefined;
  #stream: ClientHttp2Stream | undefined;
  #http1: ClientHandshake | undefined;
  #startedAt = 0;
  #isSettled = false;

  constructor(
    owner: HandshakeOwner,
    websocket: WebSocket | undefined,
    subprotocols: readonly string[],
    extensions: readonly EndpointExtension[],
    options: ClientOptions,
    pool: SessionPool = sessionPool,
  ) {
    this.#owner = owner;
    this.#websocket = websocket;
    this.#subprotocols = subprotocols;
    this.#extensions = extensions;
    this.#options = options;
    this.#pool = pool;
    this.#redirects = new Redirects(options);
  }

  /**
   * Finds or makes a connection and sends the request.
   * @throws SyntaxError for an address or subprotocols that cannot be, TypeError for options that HTTP/2 has no place for
   */
  start(address: string | URL): void {
    checkOptions(this.#options);
    const where = parseAddress(address);
    checkSubprotocols(this.#subprotocols);
    const { handshakeTimeout = 0 } = this.#options;
    this.#startedAt = performance.now();
    if (handshakeTimeout > 0) this.#deadline = new HandshakeDeadline(handshakeTimeout, () => this.abort("Opening handshake has timed out"));
    this.#goTo(where);
  }

  abort(message: string): void {
    if (this.#http1 !== undefined) return this.#http1.abort(message);
    this.#fail(new Error(message), true);
  }

  #goTo(address: Address): void {
    // A redirect may lead from TLS to plain text, where "auto" means HTTP/1.1.
    if (!usesHttp2(this.#options, address.href)) return this.#goOnOverHttp1(address, undefined);
    this.#owner.addressed(address.href);
    void this.#open(address);
  }

  async #open(address: Address): Promise<void> {
    // Out of the promise when it fails: a throw in the application's listener is to be an exception.
    try {
      const leased = await this.#lease(address);
      if (this.#isSettled) giveBack(leased);
      else if (leased.kind === "http2") this.#ask(address, leased);
      else if (this.#options.http2 === "auto") this.#goOnOverHttp1(address, leased.kind === "http1" ? leased.socket : undefined);
      else this.#fail(leased.kind === "lacking" ? leased.error : chosenHttp1(leased.socket), true);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)), true);
    }
  }

  async #lease(address: Address): Promise<Leased> {
    const { http2 } = this.#options;
    if (typeof http2 !== "object") return await this.#pool.lease({ address, options: this.#options }, this.#unwanted.signal);
    await knownSettings(http2);
    if (http2.remoteSettings.enableConnectProtocol !== true)
      return { kind: "lacking", error: new HandshakeError("HANDSHAKE_NO_CONNECT_PROTOCOL") };
    return { kind: "http2", session: http2, end: () => undefined };
  }

  #ask(address: Address, { session, end }: Lease): void {
    const stream = requestOr(end, () => session.request(headersOf(this.#fields(address))));
    this.#stream = stream;
    stream.once("close", end);
    stream.on("error", (error: Error) => this.#failed(stream, error));
    const onReset = (): void => this.#failed(stream, new Error(`The server reset the stream before it answered: code ${stream.rstCode}`));
    stream.once("close", onReset);
    stream.once("response", (headers) => {
      stream.off("close", onReset);
      this.#answered(stream, headers, address);
    });
  }

  #fields(address: Address): Field[] {
    const { origin } = this.#options;
    const { headers, auth } = this.#redirects.credentialsFor(address, (this.#websocket?.listenerCount("redirect") ?? 0) > 0);
    const all = auth === undefined ? headers : { ...headers, authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
    const extra = fieldsOf(this.#redirects.hasLed ? this.#announced(all) : all);
    return connectRequestFields({
      isSecure: address.isSecure,
      authority: extra.find(([name]) => name.toLowerCase() === "host")?.[1] ?? address.host,
      path: address.target === "" ? "/" : address.target,
      origin,
      subprotocols: this.#subprotocols,
      extensions: offerExtensions(this.#extensions),
      extra,
    });
  }

  /** The fields as listeners of `redirect` leave them. @throws when one of them gave the request up */
  #announced(fields: Fields): Fields {
    const request = new Http2ClientRequest(fields);
    this.#owner.redirected(asClientRequest(request));
    if (this.#isSettled || request.destroyed) throw new Error("The request was given up in a listener of redirect");
    return request.getHeaders();
  }

  #answered(stream: ClientHttp2Stream, headers: IncomingHttpHeaders & IncomingHttpStatusHeader, address: Address): void {
    if (this.#stream !== stream || this.#isSettled) return;
    const status = headers[":status"] ?? 0;
    const response = new Http2Response(stream, headers);
    const { location } = response.headers;
    if (this.#redirects.follows(status, location)) return this.#follow(location, address, stream);
    if (status >= 200 && status < 300) this.#owner.upgrade(response);
    else if (this.#owner.unexpected(asClientRequest(new Http2ClientRequest({}, stream)), response)) return response.takeBody();
    if (this.#isSettled || !this.#owner.isConnecting()) return;
    const result = checkConnectResponse({
      status,
      fields: response.headers,
      subprotocols: this.#subprotocols,
      extensions: this.#extensions.map(({ name }) => name),
      requiredExtensions: this.#options.requiredExtensions,
    });
    if (!result.ok) return this.#fail(result.error);
    const negotiation = checkExtensions(result.extensions, this.#extensions, status);
    if (!negotiation.ok) return this.#fail(negotiation.error);
    if (!this.#settle()) return;
    this.#owner.opened(stream, Buffer.alloc(0), result.subprotocol, negotiation.agreed, result.missingExtensions);
  }

  #follow(location: string, from: Address, stream: ClientHttp2Stream): void {
    this.#stream = undefined;
    stream.close(Http2ErrorCode.Cancel);
    try {
      const next = this.#redirects.next(location, from);
      if (typeof this.#options.http2 === "object" && (next.host !== from.host || next.isSecure !== from.isSecure)) {
        throw new Error(`A redirect leads to ${next.host}, which is not where the session given as http2 leads`);
      }
      this.#goTo(next);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #goOnOverHttp1({ href }: Address, socket: Duplex | undefined): void {
    const { handshakeTimeout } = this.#options;
    const options: ClientOptions = {
      ...this.#options,
      // It was made for this one socket; should the server redirect, the next address is asked anew.
      ...(socket !== undefined && { createConnection: onceThen(socket, this.#options.createConnection) }),
      ...(handshakeTimeout && { handshakeTimeout: Math.max(1, handshakeTimeout - (performance.now() - this.#startedAt)) }),
    };
    const handshake = new ClientHandshake(this.#owner, this.#websocket, this.#subprotocols, this.#extensions, options, this.#redirects);
    handshake.start(href);
    this.#settle();
    this.#http1 = handshake;
  }

  /** Of a stream that may have been left for that of another address. */
  #failed(stream: ClientHttp2Stream, error: Error): void {
    if (this.#stream === stream) this.#fail(error);
  }

  #fail(error: Error, isLater = false): void {
    if (!this.#settle()) return;
    this.#unwanted.abort();
    if (this.#stream !== undefined && !this.#stream.closed) this.#stream.close(Http2ErrorCode.Cancel);
    if (isLater) process.nextTick(() => this.#owner.failed(error));
    else this.#owner.failed(error);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#deadline?.settle();
    return true;
  }
}

/** Whether a client is to try HTTP/2; with `"auto"` only over TLS, where the server can choose (RFC 9113 §3.3), and not with options that are for HTTP/1.1. */
export function usesHttp2(options: ClientOptions, address: string | URL): boolean {
  const { http2 } = options;
  if (http2 === undefined || http2 === false) return false;
  return http2 !== "auto" || (/^(?:wss|https):/i.test(String(address)) && http1Option(options) === undefined);
}

function http1Option({ agent, finishRequest, protocolVersion = 13 }: ClientOptions): string | undefined {
  return agent ? "agent" : finishRequest ? "finishRequest" : protocolVersion === 13 ? undefined : "protocolVersion";
}

/** @throws TypeError naming what does not go together */
function checkOptions(options: ClientOptions): void {
  const { http2 } = options;
  if (typeof http2 !== "object" && http2 !== true && http2 !== "auto") {
    throw new TypeError(`http2 is ${JSON.stringify(http2)}: it must be true, false, "auto" or a session of node:http2`);
  }
  const stray = http1Option(options);
  if (stray !== undefined)
    throw new TypeError(`${stray} is for HTTP/1.1, and http2 is asked for; supply the transport with createConnection`);
}

/** Asks a session of the application's, which may have had the server's settings for long, or wait for them still. */
async function knownSettings(session: ClientHttp2Session): Promise<void> {
  if (session.remoteSettings.enableConnectProtocol === true) return;
  if (session.connecting) return await settingsOf(session);
  // They come before everything else that the server says: with the answer to a ping they are known.
  await new Promise<void>((resolve, reject) => {
    session.ping((error) => (error === null ? resolve() : reject(error)));
  });
}

function giveBack(leased: Leased): void {
  if (leased.kind === "http2") leased.end();
  else if (leased.kind === "http1") leased.socket?.destroy();
}

/** @throws what `request` throws: fields that cannot be, or a connection that has gone meanwhile */
function requestOr(end: () => void, request: () => ClientHttp2Stream): ClientHttp2Stream {
  try {
    return request();
  } catch (error) {
    end();
    throw error;
  }
}

function chosenHttp1(socket: { destroy(): unknown } | undefined): HandshakeError {
  socket?.destroy();
  return new HandshakeError("HANDSHAKE_NO_HTTP2", { value: "of h2 and http/1.1 it chose http/1.1" });
}

function headersOf(fields: readonly Field[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of fields) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

function fieldsOf(headers: Fields): Field[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return (typeof value === "object" ? value : [String(value)]).map((one): Field => [name, one]);
  });
}

type CreateConnection = ClientOptions["createConnection"];

/** Hands out a socket that stands already, and whatever was meant otherwise after that. */
function onceThen(socket: Duplex, otherwise: CreateConnection): NonNullable<CreateConnection> {
  let isUsed = false;
  return (options, onCreate) => {
    if (isUsed) return otherwise === undefined ? connectTls(options) : otherwise(options, onCreate);
    isUsed = true;
    return socket;
  };
}
