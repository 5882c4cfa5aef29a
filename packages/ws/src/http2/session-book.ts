import type { Http2SecureServer, Http2Server, ServerHttp2Session } from "node:http2";

/** The HTTP/2 connections of a server of ours, and how they end. */
export class SessionBook {
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #silentMs: number;

  /** Connections without a stream are sent away after `silentMs`. */
  constructor(server: Http2Server | Http2SecureServer, silentMs: number) {
    this.#silentMs = silentMs;
    server.on("session", (session: ServerHttp2Session) => this.#add(session));
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** GOAWAY: what is open goes on, nothing new begins, and without streams the connection ends (RFC 9113 §6.8). */
  sayGoodbye(): void {
    for (const session of this.#sessions) session.close();
  }

  /** Ends every connection now, with all that is open on it. */
  drop(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #add(session: ServerHttp2Session): void {
    let streams = 0;
    this.#sessions.add(session);
    session.on("stream", (stream) => {
      streams++;
      stream.once("close", () => streams--);
    });
    session.once("close", () => this.#sessions.delete(session));
    // It begins anew with each frame, of ours too: after the last stream there is one.
    session.setTimeout(this.#silentMs);
    session.on("timeout", () => {
      if (streams === 0) session.close();
    });
  }
}
