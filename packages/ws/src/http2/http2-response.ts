import { IncomingMessage } from "node:http";
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from "node:http2";
import { Socket } from "node:net";
import { dropTransport } from "./node-http2.ts";

/**
 * A server's answer to an extended CONNECT, as listeners of `upgrade` and `unexpected-response` know answers of HTTP/1.1. `destroy` resets the stream, and not the
 * connection under it.
 */
export class Http2Response extends IncomingMessage {
  readonly #stream: ClientHttp2Stream;
  #hasBody = false;

  constructor(stream: ClientHttp2Stream, headers: IncomingHttpHeaders & Partial<IncomingHttpStatusHeader>) {
    super(stream.session?.socket ?? new Socket().destroy());
    this.#stream = stream;
    this.httpVersion = "2.0";
    this.httpVersionMajor = 2;
    this.httpVersionMinor = 0;
    this.statusCode = headers[":status"] ?? 0;
    const named = Object.entries(headers).filter(([name]) => !name.startsWith(":"));
    this.headers = Object.fromEntries(named);
    this.rawHeaders = named.flatMap(([name, value]) => [value ?? ""].flat().flatMap((one) => [name, one]));
  }

  /** What comes on the stream is the response's body from here on. */
  takeBody(): void {
    this.#hasBody = true;
    const stream = this.#stream;
    stream.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause();
    });
    stream.once("end", () => {
      this.complete = true;
      this.push(null);
      // Our half is still open, and nothing comes on it (RFC 9113 §8.1).
      stream.close();
    });
    stream.once("close", () => {
      if (!this.complete) this.destroy();
    });
  }

  // Node's own would read from, and destroy, the socket that all streams share.
  override _read(): void {
    if (this.#hasBody) this.#stream.resume();
    else this.push(null);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.readableEnded) dropTransport(this.#stream);
    done(error);
  }
}
