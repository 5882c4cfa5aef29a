import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  checkConnect,
  checkRequest,
  connectResponseFields,
  type Extension,
  type Field,
  type Profile,
  type RequestVerdict,
  renderHead,
  responseFields,
} from "@openline/protocol";
import { handshakeFields } from "./fast-driver/bare-request.ts";
import { writeHead } from "./fast-driver/bare-socket.ts";
import { acceptConnect, isConnectStream } from "./http2/connect-answer.ts";
import { Http2Request } from "./http2/http2-request.ts";
import { platform } from "./platform.ts";

const PHRASE = "Switching Protocols";

/** Checks a client's opening request, whichever HTTP it came over. */
export function verdictOf(request: IncomingMessage, profile: Profile, extensions: boolean): RequestVerdict {
  if (request instanceof Http2Request) return checkConnect({ pseudo: request.pseudo, fields: request.headers, profile, extensions });
  // Requests made by hand, for other transports than HTTP/1.1, may have neither version nor target.
  const { method, httpVersion, url: target = "/" }: Partial<IncomingMessage> = request;
  return checkRequest({ method, httpVersion: httpVersion ?? "1.1", target, fields: handshakeFields(request), profile, extensions });
}

/** What was agreed on. */
export interface Agreed {
  /** "" for none, over HTTP/2. */
  readonly key: string;
  readonly subprotocol: string | undefined;
  readonly extensions: readonly Extension[];
}

/** Answers an opening request with 101, over HTTP/2 with 200. `announce`: who is shown the lines of the answer first, and may change them. */
export function accept(
  socket: Duplex,
  { key, subprotocol, extensions }: Agreed,
  announce: ((lines: string[]) => unknown) | undefined,
): void {
  if (isConnectStream(socket)) {
    const fields = connectResponseFields({ key, platform, subprotocol, extensions });
    return acceptConnect(socket, announce === undefined ? fields : announcedFields(fields, announce));
  }
  const fields = responseFields({ key, platform, subprotocol, extensions });
  if (announce === undefined) return writeHead(socket, renderHead(101, PHRASE, fields));
  const lines = [`HTTP/1.1 101 ${PHRASE}`, ...linesOf(fields)];
  announce(lines);
  writeHead(socket, `${lines.join("\r\n")}\r\n\r\n`);
}

function announcedFields(fields: readonly Field[], announce: (lines: string[]) => unknown): Field[] {
  const lines = ["HTTP/2 200", ...linesOf(fields)];
  announce(lines);
  return connectResponseFields({ extra: lines.slice(1).map(fieldOf) });
}

function linesOf(fields: readonly Field[]): string[] {
  return fields.map(([name, value]) => `${name}: ${value}`);
}

function fieldOf(line: string): Field {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
