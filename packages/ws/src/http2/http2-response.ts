import { IncomingMessage } from "node:http";
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";
import { Socket } from "node:net";

/** A server's answer to an extended CONNECT, as `upgrade` listeners know answers of HTTP/1.1. */
export function responseOf(stream: ClientHttp2Stream, headers: IncomingHttpHeaders & Partial<IncomingHttpStatusHeader>): IncomingMessage {
  const response = new IncomingMessage(stream.session?.socket ?? new Socket().destroy());
  response.httpVersion = "2.0";
  response.httpVersionMajor = 2;
  response.httpVersionMinor = 0;
  response.statusCode = headers[":status"] ?? 0;
  const named = Object.entries(headers).filter(([name]) => !name.startsWith(":"));
  response.headers = Object.fromEntries(named);
  response.rawHeaders = named.flatMap(([name, value]) => [value ?? ""].flat().flatMap((one) => [name, one]));
  return response;
}
