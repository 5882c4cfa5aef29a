import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { ConnectionProtocol, ConnectionSource } from "./connection.ts";
import { targetOf } from "./route.ts";

/** What a connection shows of its first request: neither cookies nor credentials. */
const shown = [
  "referer",
  "origin",
  "x-client-ip",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-cluster-client-ip",
  "x-real-ip",
  "x-ssl",
  "via",
  "dnt",
  "host",
  "user-agent",
  "accept-language",
];

/** What the application may know of a connection's first request. */
export function sourceOf(request: IncomingMessage, protocol: ConnectionProtocol, prefix: string, context: unknown): ConnectionSource {
  const { socket, url } = request;
  const { path, search } = targetOf(url);
  // The session's id, in the last segment but one, lets its bearer read and write.
  const transport = path.replace(/\/$/, "").replace(/^.*\//, "");
  const pathname = `${prefix}/${transport}`;
  return {
    protocol,
    remoteAddress: socket.remoteAddress,
    remotePort: socket.remotePort,
    // Of a socket that is gone already Node knows no address.
    address: { address: socket.localAddress, port: socket.localPort },
    headers: harmless(request.headers),
    url: pathname + search,
    pathname,
    prefix,
    context,
  };
}

function harmless(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(shown.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
}
