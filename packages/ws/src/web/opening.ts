import type { IncomingMessage, RequestOptions } from "node:http";
import type { Duplex } from "node:stream";
import { PROFILES } from "@openline/protocol";
import { ClientHandshake, type OpeningHandshake } from "../client-handshake.ts";
import type { ClientOptions } from "../client-options.ts";
import { endpointExtensions, type UsedExtension } from "../endpoint-extensions.ts";
import { checkEndpointOptions } from "../endpoint-options.ts";
import { Http2Handshake, usesHttp2 } from "../http2/http2-handshake.ts";
import { isBlockedPort } from "./blocked-ports.ts";
import { addressesOf, connectingTurn, type HostAddress } from "./connecting-turns.ts";

/** So many at once may be connecting to hosts whose addresses are not known (RFC 6455 §4.1). */
const MOST_UNKNOWN = 8;
let unknowns = 0;

/** What an {@link Opening} tells whoever wants the connection; one `opened` or one `failed`. */
export interface OpeningOwner {
  upgrade(response: IncomingMessage): void;
  opened(socket: Duplex, head: Buffer, subprotocol: string, extensions: readonly UsedExtension[]): void;
  failed(): void;
}

/** The way to an established connection: the port is looked at, the host's addresses are found, its turn is waited for, then comes the handshake. */
export class Opening {
  readonly #url: URL;
  readonly #options: ClientOptions;
  readonly #owner: OpeningOwner;
  readonly #handshake: OpeningHandshake;
  #isStarted = false;
  /** Before it was started. */
  #isGivenUp = false;
  #isOver = false;
  #endTurn: (() => void) | undefined;

  /** @throws as a client's constructor does, for options that cannot be */
  constructor(url: URL, subprotocols: readonly string[], options: ClientOptions, owner: OpeningOwner) {
    this.#url = url;
    this.#owner = owner;
    this.#options = { ...options };
    checkEndpointOptions("client", options, PROFILES.ws);
    const Handshake = usesHttp2(options, url) ? Http2Handshake : ClientHandshake;
    this.#handshake = new Handshake(
      {
        isConnecting: () => !this.#isOver,
        addressed: () => undefined,
        redirected: () => undefined,
        unexpected: () => false,
        upgrade: (response) => owner.upgrade(response),
        opened: (socket, head, subprotocol, extensions) => this.#opened(socket, head, subprotocol, extensions),
        failed: () => this.#fail(),
      },
      undefined,
      subprotocols,
      endpointExtensions("client", options, PROFILES.ws),
      this.#options,
    );
    void this.#begin();
  }

  /** Gives it up; `failed` follows, in a later tick. */
  abort(): void {
    if (this.#isOver) return;
    if (this.#isStarted) return this.#handshake.abort("The WebSocket was closed before the connection was established");
    this.#isGivenUp = true;
    process.nextTick(() => this.#fail());
  }

  async #begin(): Promise<void> {
    try {
      if (isBlockedPort(this.#url.port)) return this.#fail();
      const addresses = this.#isDirect ? await addressesOf(this.#url.hostname) : undefined;
      const endTurn = await connectingTurn(this.#places(addresses));
      if (this.#isGivenUp) return endTurn();
      this.#endTurn = endTurn;
      this.#isStarted = true;
      if (addresses !== undefined) Object.assign(this.#options, { lookup: lookupOf(addresses) });
      this.#handshake.start(this.#url);
    } catch {
      this.#fail();
    }
  }

  /** Over a proxy the host's address is not ours to find out: then each name counts as a host of its own (RFC 6455 §4.1). */
  get #isDirect(): boolean {
    const { agent, createConnection, lookup } = this.#options;
    return !agent && createConnection === undefined && lookup === undefined;
  }

  #places(addresses: readonly HostAddress[] | undefined): readonly string[] {
    const { hostname, protocol } = this.#url;
    const port = this.#url.port === "" ? (protocol === "wss:" ? "443" : "80") : this.#url.port;
    if (addresses !== undefined) return addresses.map(({ address }) => `${address} ${port}`);
    // In turn, each waits for the one eight places before it.
    return [`${hostname} ${port}`, `unknown ${unknowns++ % MOST_UNKNOWN}`];
  }

  #opened(socket: Duplex, head: Buffer, subprotocol: string, extensions: readonly UsedExtension[]): void {
    this.#end();
    this.#owner.opened(socket, head, subprotocol, extensions);
  }

  #fail(): void {
    if (this.#isOver) return;
    this.#end();
    this.#owner.failed();
  }

  #end(): void {
    this.#isOver = true;
    this.#endTurn?.();
  }
}

type Answer = (error: Error | null, address: string | HostAddress[], family?: number) => void;

/** The connection goes to one of the addresses whose turn it is, and to no other. */
function lookupOf(addresses: readonly HostAddress[]): RequestOptions["lookup"] {
  return (_hostname, options, answer: Answer) => {
    const wanted = addresses.filter(({ family }) => !options.family || options.family === family);
    const [first] = wanted;
    if (first === undefined) answer(Object.assign(new Error("no address of that family"), { code: "ENOTFOUND" }), "");
    else if (options.all === true) answer(null, [...wanted]);
    else answer(null, first.address, first.family);
  };
}
