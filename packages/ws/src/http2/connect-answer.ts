import type { Http2Stream, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { type Field, isFieldValue, isToken, withoutConnectionFields } from "@openline/protocol";
import { isHttp2Stream } from "./node-http2.ts";

/** Whether a transport is the stream of an extended CONNECT, which is answered with fields and not with text. */
export function isConnectStream(socket: Duplex): socket is ServerHttp2Stream {
  return isHttp2Stream(socket) && "respond" in socket;
}

/** Answers an extended CONNECT with 200: the stream is the WebSocket's transport from here on (RFC 8441 §5). */
export function acceptConnect(stream: ServerHttp2Stream, fields: readonly Field[]): void {
  stream.respond(responseHeaders(200, fields));
}

/** Answers an extended CONNECT with an ordinary response, and ends the stream. */
export function refuseConnect(stream: ServerHttp2Stream, status: number, fields: readonly Field[], body: string): void {
  // Gone, or answered already: a deadline and a check may come to the same end.
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  // What HTTP/1.1 would let through, the application's header fields are its own affair, would make the whole response malformed here.
  const good = fields.filter(([name, value]) => isToken(name) && isFieldValue(value));
  stream.respond(responseHeaders(status, withoutConnectionFields(good)));
  stream.end(body);
  // The client's half may stay open for ever: what it still sends is read by nobody (RFC 9113 §8.1).
  stream.once("finish", () => closeUnread(stream));
}

function closeUnread(stream: Http2Stream): void {
  if (!stream.closed) stream.close();
}

/** Fields of which HTTP/2 takes one: what the application gives stands behind our default, in whatever case, and takes its place. */
const onlyOnce = new Set(["content-type", "content-length", "retry-after"]);

function responseHeaders(status: number, fields: readonly Field[]): OutgoingHttpHeaders {
  const headers: Record<string, number | string | string[]> = { ":status": status };
  for (const [name, value] of fields) {
    const before = onlyOnce.has(name) ? undefined : headers[name];
    headers[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [String(before)]), value];
  }
  return headers;
}
