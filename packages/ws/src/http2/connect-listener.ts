import type { Http2SecureServer, Http2Server, Http2Session, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { asksForWebSocket } from "@openline/protocol";
import { dropOnError } from "../refusal.ts";
import { Http2Request, pseudoFields } from "./http2-request.ts";

/**
 * As the listener of a server's `upgrade` event: `socket` is the stream of HTTP/2, `head` is empty. Answers false, before it has done anything, where the request is
 * for others.
 */
export type ConnectListener = (request: Http2Request, socket: Duplex, head: Buffer) => unknown;

type StreamArguments = [stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: string[]];

/**
 * Has an http2 server announce that it takes WebSockets (`SETTINGS_ENABLE_CONNECT_PROTOCOL`, RFC 8441 §3), and gives the extended CONNECTs that ask for
 * one to the listener, on connections made from now on. Everything else goes where it went before: neither `request` nor `stream` listeners of the server see these.
 * Returns the function that ends it; what is asked for then goes to the server's own listeners, too.
 */
export function listenForConnects(server: Http2Server | Http2SecureServer, listener: ConnectListener): () => void {
  let isListening = true;
  server.updateSettings({ enableConnectProtocol: true });
  const onSession = (session: ServerHttp2Session): void => {
    // Node's own listener, which hands streams on to the server.
    const others = session.listeners("stream");
    session.removeAllListeners("stream");
    session.on("stream", (...args: StreamArguments) => {
      if (isListening && asksForWebSocket(pseudoFields(args[1])) && takeStream(args, listener)) return;
      for (const other of others) Reflect.apply(other, session, args);
    });
  };
  // Whoever came first is asked first: each puts itself around those that follow.
  server.prependListener("session", onSession);
  return () => {
    isListening = false;
    server.off("session", onSession);
  };
}

/** False: it is for others. */
function takeStream([stream, headers, , rawHeaders]: StreamArguments, listener: ConnectListener): boolean {
  // A stream that is reset in the turn in which it came is told of all the same, and its fault after that.
  dropOnError(stream);
  if (stream.destroyed || sessionOf(stream) === undefined) return true;
  return listener(new Http2Request(stream, headers, rawHeaders), stream, Buffer.alloc(0)) !== false;
}

function sessionOf(stream: ServerHttp2Stream): Http2Session | undefined {
  return stream.session;
}
