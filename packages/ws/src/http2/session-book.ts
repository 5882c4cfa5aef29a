import type { Http2SecureServer, Http2Server, ServerHttp2Session } from "node:http2";

/** The HTTP/2 connections of a server of ours, and how they end. */
export class SessionBook {
  readonly #sessions = new Set<Watched>();
  readonly #silentMs: number;

  /** A connection over which nothing came or went for `silentMs` is sent away when it has no streams, and else asked whether it is still there. */
  constructor(server: Http2Server | Http2SecureServer, silentMs: number) {
    this.#silentMs = silentMs;
    server.on("session", (session: ServerHttp2Session) => this.#add(session));
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** GOAWAY: what is open goes on, nothing new begins, and without streams the connection ends (RFC 9113 §6.8). */
  sayGoodbye(): void {
    for (const { session } of this.#sessions) session.close();
  }

  /** Ends every connection now, with all that is open on it. */
  drop(): void {
    for (const { session } of this.#sessions) session.destroy();
  }

  #add(session: ServerHttp2Session): void {
    const watched = new Watched(session);
    this.#sessions.add(watched);
    session.once("close", () => this.#sessions.delete(watched));
    // The time begins anew with each frame, of ours too: after the last stream there is one.
    session.setTimeout(this.#silentMs);
    session.on("timeout", () => {
      watched.wasSilent();
      if (!session.destroyed) session.setTimeout(this.#silentMs);
    });
  }
}

class Watched {
  readonly session: ServerHttp2Session;
  #streams = 0;
  /** PINGs that nobody has answered. */
  #asked = 0;

  constructor(session: ServerHttp2Session) {
    this.session = session;
    session.on("stream", (stream) => {
      this.#streams++;
      stream.once("close", () => this.#streams--);
    });
  }

  /**
   * Every live peer answers a PING (RFC 9113 §6.7). After a fault of the connection that nghttp2 saw by itself Node reads no more, not even the end, and would
   * keep connection and streams for ever (Node 20; found by the fuzzer).
   */
  wasSilent(): void {
    const { session } = this;
    if (session.destroyed) return;
    if (this.#asked > 0 || (this.#streams === 0 && session.closed)) return session.destroy();
    if (this.#streams === 0) return session.close();
    this.#asked++;
    session.ping(() => {
      this.#asked = 0;
    });
  }
}
