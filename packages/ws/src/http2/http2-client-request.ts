import { type ClientRequest, OutgoingMessage } from "node:http";
import type { ClientHttp2Stream } from "node:http2";
import type { Fields } from "../credentials.ts";

/**
 * A request over HTTP/2 for listeners who know those of `node:http`: the user's header fields, which can be changed until the request is sent, and `destroy`,
 * which gives up the stream and not the connection under it.
 */
export class Http2ClientRequest extends OutgoingMessage {
  #stream: ClientHttp2Stream | undefined;

  constructor(fields: Fields, stream?: ClientHttp2Stream) {
    super();
    this.#stream = stream;
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) this.setHeader(name, value);
  }

  override destroy(error?: Error): this {
    this.#stream?.destroy(error);
    return super.destroy(error);
  }

  /** As programs of before Node 14 say it. */
  abort(): void {
    this.destroy();
  }
}

/** For events whose listeners are written for HTTP/1.1: it has what the message of a request has, and nothing of the connection. */
export function asClientRequest(request: OutgoingMessage): ClientRequest {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- said in docs/http2.md
  return request as ClientRequest;
}
