import { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { Socket } from "node:net";
import type { PseudoFields } from "@openline/protocol";
import { empty } from "../extension.ts";
import { dropTransport } from "./node-http2.ts";

/**
 * An extended CONNECT as listeners, checks and `verifyClient` know requests: as if it had come over HTTP/1.1, `GET` with `url` and `headers.host`. What tells
 * them apart is `httpVersion`, "2.0". `socket` is that of the whole HTTP/2 connection, with its `remoteAddress` and certificates. There is no body to read, and
 * `destroy` resets the stream alone.
 */
export class Http2Request extends IncomingMessage {
  readonly stream: ServerHttp2Stream;
  readonly pseudo: PseudoFields;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) {
    // Undefined where the connection ended in the same turn.
    super(stream.session?.socket ?? new Socket().destroy());
    this.stream = stream;
    this.pseudo = pseudoFields(headers);
    this.method = "GET";
    this.url = this.pseudo.path ?? "/";
    this.httpVersion = "2.0";
    this.httpVersionMajor = 2;
    this.httpVersionMinor = 0;
    const { raw, distinct } = ordinaryFields(rawHeaders, this.pseudo.authority);
    this.rawHeaders = raw;
    this.headersDistinct = distinct;
    const { authority } = this.pseudo;
    const named = Object.entries(headers).filter(([name]) => !name.startsWith(":"));
    this.headers = { ...Object.fromEntries(named), ...(authority !== undefined && headers.host === undefined && { host: authority }) };
    this.complete = true;
  }

  // Node's own would read from, and destroy, the socket that all streams share.
  override _read(): void {
    this.push(null);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.readableEnded) dropTransport(this.stream);
    done(error);
  }
}

/** The pseudo-header fields of a request. */
export function pseudoFields(headers: IncomingHttpHeaders): PseudoFields {
  const of = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === "string" ? value : undefined;
  };
  return { method: of(":method"), protocol: of(":protocol"), scheme: of(":scheme"), authority: of(":authority"), path: of(":path") };
}

/** Names and values in turn, and by name, with the authority as the `Host` that HTTP/1.1 would have. */
function ordinaryFields(
  rawHeaders: readonly string[],
  authority: string | undefined,
): { raw: string[]; distinct: Record<string, string[]> } {
  const raw: string[] = [];
  const distinct = empty<string[]>();
  const add = (name: string, value: string): void => {
    raw.push(name, value);
    (distinct[name.toLowerCase()] ??= []).push(value);
  };
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (!name.startsWith(":")) add(name, rawHeaders[at + 1] ?? "");
  }
  if (authority !== undefined && distinct["host"] === undefined) add("host", authority);
  return { raw, distinct };
}
