import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type NetConnectOpts, connect as netConnect } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import { areSubprotocols, checkExtensions, checkResponse, type HandshakeError, offerExtensions, requestFields } from "@openline/protocol";
import { type Address, parseAddress } from "./address.ts";
import type { ClientOptions } from "./client-options.ts";
import type { Fields } from "./credentials.ts";
import { deadlineQueue, monotonicClock, type Timed } from "./deadline-queue.ts";
import type { UsedExtension } from "./endpoint-extensions.ts";
import type { EndpointExtension } from "./message-codec.ts";
import { platform } from "./platform.ts";
import { Redirects } from "./redirects.ts";
import type { WebSocket } from "./websocket.ts";

/** What the handshake tells the socket that wants it. */
export interface HandshakeOwner {
  /** Still wanted? A listener may have closed the socket in between. */
  isConnecting(): boolean;
  /** Another address is asked now. */
  redirected(request: ClientRequest): void;
  addressed(href: string): void;
  /** Whether somebody takes care of a response that is no upgrade. */
  unexpected(request: ClientRequest, response: IncomingMessage): boolean;
  upgrade(response: IncomingMessage): void;
  /** `missing`: extensions that were required and not accepted; the connection is to be closed with 1010. */
  opened(socket: Duplex, head: Buffer, subprotocol: string, extensions: readonly UsedExtension[], missing: readonly string[]): void;
  failed(error: Error): void;
}

/** The opening handshake of a client, over whichever HTTP. */
export interface OpeningHandshake {
  /** @throws for arguments that cannot be */
  start(address: string | URL): void;
  /** Gives it up: the error comes by `failed`, in the next tick. */
  abort(message: string): void;
}

/** The opening handshake of a client (RFC 6455 §4.1) over `node:http`, with redirects and a deadline. Ends with one `opened` or one `failed`. */
export class ClientHandshake implements OpeningHandshake, Timed {
  deadline: number = Number.POSITIVE_INFINITY;
  queueIndex: number = -1;
  readonly #owner: HandshakeOwner;
  /** For the user's own functions among the options. */
  readonly #websocket: WebSocket | undefined;
  readonly #options: ClientOptions;
  readonly #subprotocols: readonly string[];
  readonly #extensions: readonly EndpointExtension[];
  readonly #redirects: Redirects;
  #request: ClientRequest | undefined;
  #socket: Duplex | undefined;
  #settled = false;

  /** `redirects`: the way that led here, where there was one. */
  constructor(
    owner: HandshakeOwner,
    websocket: WebSocket | undefined,
    subprotocols: readonly string[],
    extensions: readonly EndpointExtension[],
    options: ClientOptions,
    redirects: Redirects = new Redirects(options),
  ) {
    this.#owner = owner;
    this.#websocket = websocket;
    this.#subprotocols = subprotocols;
    this.#extensions = extensions;
    this.#options = options;
    this.#redirects = redirects;
  }

  /**
   * Sends the request.
   * @throws SyntaxError for an address or subprotocols that cannot be, RangeError for a version.
   */
  start(address: string | URL): void {
    const { protocolVersion = 13, handshakeTimeout } = this.#options;
    if (protocolVersion !== 13 && protocolVersion !== 8) {
      throw new RangeError(`Unsupported protocol version: ${protocolVersion} (supported versions: 8, 13)`);
    }
    const where = parseAddress(address);
    checkSubprotocols(this.#subprotocols);
    this.#ask(where);
    if (handshakeTimeout === undefined || handshakeTimeout <= 0) return;
    this.deadline = monotonicClock.now() + handshakeTimeout;
    deadlineQueue.update(this);
  }

  due(): void {
    this.abort("Opening handshake has timed out");
  }

  /** Gives the handshake up: the error comes by `failed`, in the next tick. */
  abort(message: string): void {
    if (!this.#settle()) return;
    const error = new Error(message);
    this.#request?.destroy();
    this.#request?.socket?.destroy();
    this.#socket?.destroy();
    process.nextTick(() => this.#owner.failed(error));
  }

  #ask(address: Address): void {
    this.#owner.addressed(address.href);
    const key = platform.randomKey();
    const send = address.isSecure ? httpsRequest : httpRequest;
    const request = send(this.#requestOptions(address, key));
    this.#request = request;
    if (this.#redirects.hasLed) this.#owner.redirected(request);
    // Stays for the request's whole life: an aborted request fails once more.
    request.on("error", (error: Error) => {
      if (this.#request === request && this.#settle()) this.#owner.failed(error);
    });
    request.on("response", (response: IncomingMessage) => this.#answered(request, response, address));
    request.on("upgrade", (response: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgraded(response, socket, head, key));
    if (this.#options.finishRequest && this.#websocket) this.#options.finishRequest(request, this.#websocket);
    else request.end();
  }

  #requestOptions(address: Address, key: string): RequestOptions {
    const options = this.#options;
    const { headers, auth } = this.#redirects.credentialsFor(address, (this.#websocket?.listenerCount("redirect") ?? 0) > 0);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- node:http takes undefined as absent, its types do not say so
    return {
      ...options,
      method: "GET",
      protocol: undefined,
      host: address.hostname,
      hostname: undefined,
      port: address.port,
      defaultPort: options.defaultPort ?? (address.isSecure ? 443 : 80),
      path: address.target,
      socketPath: address.socketPath,
      timeout: undefined,
      auth,
      headers: { ...headers, ...this.#handshakeFields(key) },
      createConnection: options.createConnection ?? (address.isSecure ? connectTls : connectTcp),
    } as RequestOptions;
  }

  // Without Host: node:http writes it, or the user's own stands in the headers.
  #handshakeFields(key: string): Fields {
    const { origin, protocolVersion: version } = this.#options;
    const extensions = offerExtensions(this.#extensions);
    const fields = requestFields({ host: "", subprotocols: this.#subprotocols, extensions, key, version, origin });
    return Object.fromEntries(fields.filter(([name]) => name !== "Host"));
  }

  #answered(request: ClientRequest, response: IncomingMessage, address: Address): void {
    if (this.#settled || this.#request !== request) return;
    const { location } = response.headers;
    const status = response.statusCode ?? 0;
    if (this.#redirects.follows(status, location)) this.#redirect(request, location, address);
    else if (!this.#owner.unexpected(request, response)) this.abort(`Unexpected server response: ${status}`);
  }

  #redirect(request: ClientRequest, location: string, from: Address): void {
    this.#request = undefined;
    request.destroy();
    try {
      this.#ask(this.#redirects.next(location, from));
    } catch (error) {
      if (this.#settle()) this.#owner.failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #upgraded(response: IncomingMessage, socket: Duplex, head: Buffer, key: string): void {
    this.#socket = socket;
    socket.on("error", () => socket.destroy());
    if (this.#settled) return void socket.destroy();
    this.#owner.upgrade(response);
    if (!this.#owner.isConnecting()) return;
    const result = checkResponse({
      status: response.statusCode ?? 0,
      fields: response.headers,
      key,
      subprotocols: this.#subprotocols,
      extensions: this.#extensions.map(({ name }) => name),
      requiredExtensions: this.#options.requiredExtensions,
      platform,
    });
    if (!result.ok) return this.#refused(socket, result.error);
    const negotiation = checkExtensions(result.extensions, this.#extensions, response.statusCode ?? 0);
    if (!negotiation.ok) return this.#refused(socket, negotiation.error);
    if (this.#settle()) this.#owner.opened(socket, head, result.subprotocol, negotiation.agreed, result.missingExtensions);
  }

  #refused(socket: Duplex, error: HandshakeError): void {
    socket.destroy();
    if (this.#settle()) this.#owner.failed(error);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.deadline = Number.POSITIVE_INFINITY;
    deadlineQueue.remove(this);
    return true;
  }
}

// With the class of `ws`, which is that of the browsers.
export function checkSubprotocols(names: readonly unknown[]): void {
  const texts = names.filter((name) => typeof name === "string");
  if (texts.length === names.length && areSubprotocols(texts)) return;
  throw new SyntaxError(`An invalid or duplicated subprotocol was specified: ${JSON.stringify(names)}`);
}

// `path` means the request target to http and a Unix domain socket to net: the one must not be taken for the other.
/* oxlint-disable typescript/no-unsafe-type-assertion -- node:http hands on what it got: options of net and tls included */
export function connectTcp(options: RequestOptions): Duplex {
  return netConnect({ ...options, path: options.socketPath } as NetConnectOpts);
}

export function connectTls(options: RequestOptions & Pick<ConnectionOptions, "servername">): Duplex {
  const host = options.host ?? "";
  const servername = options.servername ?? (isIP(host) > 0 ? "" : host);
  return tlsConnect({ ...options, path: undefined, servername } as ConnectionOptions);
}
