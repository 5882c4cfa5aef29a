import type { Agent, ClientRequest, ClientRequestArgs } from "node:http";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import type { EndpointOptions } from "./endpoint-options.ts";
import type { WebSocket } from "./websocket.ts";

/** Options of a client; those of `http.request` and, for `wss:`, of `tls.connect` are passed on. */
export interface ClientOptions extends EndpointOptions, Omit<ConnectionOptions, "host" | "port" | "path" | "timeout"> {
  /** Subprotocols to offer when the second argument is left out. */
  readonly protocols?: string | readonly string[] | undefined;
  /** Header fields to send besides those of the handshake. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[] | undefined>> | undefined;
  /** The `Origin` field (`Sec-WebSocket-Origin` for version 8). */
  readonly origin?: string | undefined;
  /** 13, or 8 for a server from before the RFC. Default 13. */
  readonly protocolVersion?: number | undefined;
  /** How long the whole opening handshake may take, in milliseconds, redirects included. Default none. */
  readonly handshakeTimeout?: number | undefined;
  /** Fills the four bytes of a masking key, called for each frame. Default: cryptographic. The RFC asks for keys that nobody can foretell (§10.3). */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  readonly followRedirects?: boolean | undefined;
  /** Default 10. */
  readonly maxRedirects?: number | undefined;
  /** The agent that supplies the connection: for proxies. */
  readonly agent?: Agent | false | undefined;
  /** Supplies the transport instead of `net.connect` or `tls.connect`. */
  readonly createConnection?:
    | ((options: ClientRequestArgs, onCreate: (error: Error | null, socket: Duplex) => void) => Duplex | null | undefined)
    | undefined;
  /** Called with the request before it is sent; it must call `request.end()` itself. */
  readonly finishRequest?: ((request: ClientRequest, websocket: WebSocket) => void) | undefined;
  /** User and password for basic authentication, `user:password`; those in the URL come before. */
  readonly auth?: string | undefined;
  /** Port for the `Host` field to leave out, for agents. Default 80 or 443. */
  readonly defaultPort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly family?: number | undefined;
}
