import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Fields } from "@openline/protocol";
import type { ProxiedRequest } from "../trusted-proxies.ts";
import type { BareSocket } from "./bare-socket.ts";
import type { RequestHead } from "./request-head.ts";
import { tcpHandleOf } from "./tcp-handle.ts";

/**
 * The request that the acceptor answered, as `connection` listeners know it: an `IncomingMessage` whose header table is only built when somebody reads it, and
 * whose `socket` is only made when somebody asks for it.
 */
export class BareRequest extends IncomingMessage {
  readonly bare: BareSocket;
  /** What the handshake needs of `headers`, whose table is not built for that. */
  readonly fields: RequestHead["fields"];
  /** The base's own, which its types leave out. */
  declare readonly _addHeaderLines: ((lines: string[], count: number) => void) | undefined;

  constructor(bare: BareSocket, head: RequestHead) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- node:http takes null, and asks for nothing of it
    super(null as unknown as Socket);
    this.bare = bare;
    this.fields = head.fields;
    this.method = "GET";
    this.url = head.target;
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.httpVersion = "1.1";
    // As the parser of node:http does: nothing is built yet.
    // oxlint-disable-next-line no-underscore-dangle -- Node's name for it
    this._addHeaderLines?.(head.rawHeaders, head.rawHeaders.length);
    this.complete = true;
    // As node:http has it: the message is over, there is nothing to read.
    Object.assign(this, { upgrade: true });
  }
}

// Not in the class: there it is a field, which the base's constructor sets.
Object.defineProperty(BareRequest.prototype, "socket", {
  configurable: true,
  get(this: BareRequest): Socket {
    return this.bare.socket;
  },
  set() {
    // `IncomingMessage` says null.
  },
});

/** Whether `node:http` takes a request's fields the way it is done here. */
export function canMakeRequests(): boolean {
  return typeof Reflect.get(IncomingMessage.prototype, "_addHeaderLines") === "function";
}

/** The request's header fields, or those that an opening handshake looks at. */
export function handshakeFields(request: Partial<IncomingMessage>): Fields {
  return request instanceof BareRequest ? request.fields : (request.headers ?? {});
}

/** The socket, or its peer's address asked of the handle: `net` would keep what it asks, 88 bytes for as long as the socket lasts. */
function peerOf(socket: Socket): { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean | undefined } {
  // Who reads the PROXY protocol puts the client's address on the socket.
  const handle = Object.hasOwn(socket, "remoteAddress") ? undefined : tcpHandleOf(socket);
  const name: { address?: string } = {};
  return typeof handle?.getpeername === "function" && handle.getpeername(name) === 0 ? { remoteAddress: name.address } : socket;
}

/** What is to be known of the request's client without making a socket for it; `isWhole`: with all header fields. */
export function clientOf(
  request: IncomingMessage,
  isWhole: boolean,
): {
  readonly headers: ProxiedRequest["headers"];
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean | undefined };
} {
  if (!(request instanceof BareRequest)) return { headers: request.headers, socket: peerOf(request.socket) };
  return { headers: isWhole ? request.headers : request.fields, socket: request.bare };
}
