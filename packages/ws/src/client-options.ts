import type { Agent, ClientRequest, ClientRequestArgs } from "node:http";
import type { ClientHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import type { EndpointOptions } from "./endpoint-options.ts";
import type { WebSocket } from "./websocket.ts";

/** Options of a client; those of `http.request` and, for `wss:`, of `tls.connect` are passed on. */
export interface ClientOptions
  extends EndpointOptions,
    Omit<ConnectionOptions, "host" | "port" | "path" | "timeout" | "checkServerIdentity"> {
  /** Subprotocols to offer when the second argument is left out. */
  protocols?: string | readonly string[] | undefined;
  /** Names of extensions without which the client does not go on: when the server has not accepted one of them it is told 1010. Default none. */
  requiredExtensions?: readonly string[] | undefined;
  /** Header fields to send besides those of the handshake. */
  headers?: Readonly<Record<string, string | number | readonly string[] | undefined>> | undefined;
  /** The `Origin` field (`Sec-WebSocket-Origin` for version 8). */
  origin?: string | undefined;
  /** 13, or 8 for a server from before the RFC. Default 13. */
  protocolVersion?: number | undefined;
  /**
   * WebSockets over HTTP/2 (RFC 8441), all to one origin on one TCP connection. `true`: only so; without TLS the server must be one that speaks it at once.
   * `"auto"`: over HTTP/1.1 where the server has no more. Or a session of yours, which stays yours to close; redirects to other hosts are then an
   * error. Default HTTP/1.1.
   */
  http2?: boolean | "auto" | ClientHttp2Session | undefined;
  /** How long the whole opening handshake may take, in milliseconds, redirects included. Default none. */
  handshakeTimeout?: number | undefined;
  /** Fills the four bytes of a masking key, called for each frame. Default: cryptographic. The RFC asks for keys that nobody can foretell (§10.3). */
  generateMask?: ((mask: Buffer) => void) | undefined;
  followRedirects?: boolean | undefined;
  /** Default 10. */
  maxRedirects?: number | undefined;
  /** The agent that supplies the connection: for proxies. */
  agent?: Agent | false | undefined;
  /** Supplies the transport instead of `net.connect` or `tls.connect`. */
  createConnection?:
    | ((options: ClientRequestArgs, onCreate: (error: Error | null, socket: Duplex) => void) => Duplex | null | undefined)
    | undefined;
  /** Called with the request before it is sent; it must call `request.end()` itself. */
  finishRequest?: ((request: ClientRequest, websocket: WebSocket) => void) | undefined;
  /** User and password for basic authentication, `user:password`; those in the URL come before. */
  auth?: string | undefined;
  /** Port for the `Host` field to leave out, for agents. Default 80 or 443. */
  defaultPort?: number | undefined;
  /** As `tls.connect` has it; the types of `ws` let it answer a boolean. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what `tls.connect` gives and what `@types/ws` says have nothing in common
  checkServerIdentity?: ((servername: string, certificate: any) => Error | boolean | undefined) | undefined;
  /** Has no effect: the address says it. So in `ws`. */
  protocol?: string | undefined;
  /** Has no effect: the address says it. So in `ws`. */
  host?: string | undefined;
  localAddress?: string | undefined;
  family?: number | undefined;
}
