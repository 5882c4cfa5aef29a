import type { Server as HttpServer, RequestListener } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { Socket } from "node:net";
import { Certificates, listenForConnects, SessionBook } from "@openline/ws";
import { faultText } from "./fault.ts";
import { type Settings, SettingsError } from "./settings.ts";
import type { UpgradeListener } from "./upgrade.ts";

/** PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What a server with TLS answers with. */
export interface TlsListeners {
  readonly onRequest: RequestListener;
  readonly onUpgrade: UpgradeListener;
}

/**
 * The servers of one process that speak TLS: HTTP/2 and HTTP/1.1, as each client chooses, with WebSockets over both. They share their certificate, which can be exchanged while they run.
 */
export class TlsPort {
  readonly #certificates: Certificates;
  readonly #servers = new Set<Http2SecureServer>();

  /** Undefined where the settings have no files. @throws as the constructor */
  static of({ cert, key }: Settings["tls"]): TlsPort | undefined {
    return cert === undefined || key === undefined ? undefined : new TlsPort({ cert, key });
  }

  /** @throws SettingsError for files that cannot be read, or are no certificate and its key */
  constructor({ cert, key }: TlsFiles) {
    try {
      this.#certificates = new Certificates({ certFile: cert, keyFile: key });
    } catch (error) {
      throw new SettingsError(`--cert ${cert} with --key ${key} cannot be used: ${faultText(error)}`);
    }
  }

  /** Makes a server that does not listen yet. */
  create({ onRequest, onUpgrade }: TlsListeners): HttpServer {
    const server = createSecureServer({ ...this.#certificates.options, allowHTTP1: true, settings, handshakeTimeout: 10_000 });
    Object.assign(server, {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 2500,
    });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node's HTTP/2 requests and responses have what ours is asked of
    const http = withClosing(server) as unknown as HttpServer;
    http.on("request", onRequest).on("upgrade", onUpgrade);
    listenForConnects(server, (request, socket, head) => onUpgrade.call(http, request, socket, head));
    server.on("session", (session) => session.setLocalWindowSize(4 * settings.initialWindowSize));
    this.#servers.add(server);
    server.once("close", () => this.#servers.delete(server));
    return http;
  }

  /** Reads the files again; handshakes from now on get what they hold. @throws what makes them unusable, and then everything is as it was */
  reload(): void {
    for (const server of this.#servers) this.#certificates.reload(server);
  }
}

/** How long a connection without a request stays, over either version. */
const KEEP_ALIVE_MS = 15_000;

/** As of `@openline/ws` on a port of its own, `secure`. */
const settings = { initialWindowSize: 262_144, maxConcurrentStreams: 100 };

/** Node's server with HTTP/2 has nothing to end all its connections with, nor does its `close` tell HTTP/2 clients to go. */
function withClosing(server: Http2SecureServer): Http2SecureServer {
  const sockets = new Set<Socket>();
  const sessions = new SessionBook(server, KEEP_ALIVE_MS);
  server.on("secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const closeIdle = server.close.bind(server);
  return Object.assign(server, {
    close: (callback?: (error?: Error) => void) => {
      sessions.sayGoodbye();
      return closeIdle(callback);
    },
    closeAllConnections: () => {
      sessions.drop();
      for (const socket of sockets) socket.destroy();
    },
  });
}
