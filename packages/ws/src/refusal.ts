import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { isConnectStream, refuseConnect } from "./http2/connect-answer.ts";

/** Header fields of a response, by name. */
export type ResponseFields = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * Answers an upgrade request with an ordinary HTTP response and ends the transport: an upgrade of HTTP/1.1, or an extended CONNECT of HTTP/2. The body is
 * `message`, or the status's own words; the error listener set before stays, so a reset by the peer harms nobody.
 */
export function refuse(socket: Duplex, status: number, message?: string, fields?: ResponseFields): void {
  // An empty message is none, as in `ws`.
  const body = message === undefined || message === "" ? (STATUS_CODES[status] ?? "") : message;
  const all: ResponseFields = { Connection: "close", "Content-Type": "text/html", "Content-Length": Buffer.byteLength(body), ...fields };
  const list = Object.entries(all).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((one) => [name, oneLine(String(one))] as const);
  });
  if (isConnectStream(socket)) return refuseConnect(socket, status, list, body);
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`, ...list.map(([name, value]) => `${name}: ${value}`)];
  // Half-closed by default, an http server's socket would stay until the peer ends it too.
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

// A line break in a value would let whoever supplied it write header fields of their own.
function oneLine(value: string): string {
  return value.replaceAll(/[\r\n]+/g, " ");
}

/** A transport that fails is dropped: all there is to do before the handshake is complete, and no harm afterwards. */
export function dropOnError(socket: Duplex): void {
  socket.on("error", drop);
}

/** Somebody else sees to faults from here on: a second listener would cost 80 bytes for as long as the connection lasts. */
export function leaveErrors(socket: Duplex): void {
  socket.off("error", drop);
}

// One function for all sockets.
function drop(this: Duplex): void {
  this.destroy();
}
