import type * as nodeHttp2 from "node:http2";
import type { Duplex } from "node:stream";

/** `node:http2`, loaded when the first endpoint wants it: it takes 15 ms and 3 MB that programs without HTTP/2 are spared. */
export function http2Module(): typeof nodeHttp2 {
  return process.getBuiltinModule("node:http2");
}

/** RFC 9113 §7. */
export const Http2ErrorCode = { NoError: 0x0, InternalError: 0x2, Refused: 0x7, Cancel: 0x8 } as const;

/** Whether a stream is one of HTTP/2, and not a transport of its own. */
export function isHttp2Stream(stream: Duplex): stream is nodeHttp2.Http2Stream {
  return "rstCode" in stream;
}

/** Whether a server is one of `node:http2`, with or without TLS. */
export function isHttp2Server(server: object): server is nodeHttp2.Http2Server | nodeHttp2.Http2SecureServer {
  return "updateSettings" in server;
}

/** Drops a transport: a stream of HTTP/2 is reset with CANCEL (RFC 8441 §5), anything else is destroyed. */
export function dropTransport(stream: Duplex): void {
  // Without a code Node would say NO_ERROR, as if all had gone well.
  if (isHttp2Stream(stream) && !stream.destroyed && !stream.closed) stream.close(Http2ErrorCode.Cancel);
  stream.destroy();
}
