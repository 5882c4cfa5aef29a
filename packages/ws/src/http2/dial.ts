import { type EventEmitter, once } from "node:events";
import type { RequestOptions } from "node:http";
import type { ClientHttp2Session } from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { HandshakeError } from "@openline/protocol";
import type { Address } from "../address.ts";
import { connectTcp, connectTls } from "../client-handshake.ts";
import type { ClientOptions } from "../client-options.ts";
import { DEFAULT_STREAM_WINDOW_BYTES, MOST_SESSION_MEGABYTES, widenSession } from "./http2-options.ts";
import { http2Module } from "./node-http2.ts";

/** What became of a call. */
export type Line =
  | { readonly kind: "http2"; readonly session: ClientHttp2Session }
  /** The server chose HTTP/1.1; nothing has been said on the socket yet. */
  | { readonly kind: "http1"; readonly socket: Duplex | undefined }
  /** It cannot be had over HTTP/2 here; the connection is closed. */
  | { readonly kind: "lacking"; readonly error: HandshakeError };

/**
 * Connects to a server and finds out what it speaks: over TLS by ALPN, on plain TCP HTTP/2 is taken for granted.
 * `signal`: gives it up.
 * @throws the system's error, that of TLS, or that of the connection
 */
export async function dial(address: Address, options: ClientOptions, signal: AbortSignal): Promise<Line> {
  const made = await makeSocket(address, options);
  const giveUp = (): unknown => made.destroy(new Error("Nobody wants the connection any more"));
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const line = await speak(await connected(made, address.isSecure), address);
    signal.throwIfAborted();
    return line;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function speak(socket: Duplex, address: Address): Promise<Line> {
  if (address.isSecure && alpnOf(socket) !== "h2") return { kind: "http1", socket };
  const session = http2Module().connect(`${address.isSecure ? "https" : "http"}://${address.host}`, {
    createConnection: () => socket,
    maxSessionMemory: MOST_SESSION_MEGABYTES,
    settings: { enablePush: false, initialWindowSize: DEFAULT_STREAM_WINDOW_BYTES },
  });
  // For faults between and after the listeners of those who wait.
  session.on("error", () => undefined);
  widenWhenConnected(session);
  try {
    await settingsOf(session, socket);
  } catch (error) {
    session.destroy();
    if (address.isSecure) throw error;
    const value = "what it answers to the connection preface is something else";
    return { kind: "lacking", error: Object.assign(new HandshakeError("HANDSHAKE_NO_HTTP2", { value }), { cause: error }) };
  }
  if (session.remoteSettings.enableConnectProtocol === true) return { kind: "http2", session };
  session.destroy();
  return { kind: "lacking", error: new HandshakeError("HANDSHAKE_NO_CONNECT_PROTOCOL") };
}

/**
 * Resolves when the server's settings have come: the first thing it sends (RFC 9113 §3.4). Later they are known already. `socket`: the transport under the
 * session, which alone tells of the alert that a server sends to a client whose certificate it does not take (Node 20).
 */
export async function settingsOf(session: ClientHttp2Session, socket?: Duplex): Promise<void> {
  if (session.remoteSettings.enableConnectProtocol === true) return;
  if (session.destroyed) throw new Error("The HTTP/2 connection is closed");
  const places: readonly EventEmitter[] = socket === undefined ? [session] : [session, socket];
  await new Promise<void>((resolve, reject) => {
    const onClose = (): void => onError(new Error("The HTTP/2 connection was closed before the server's settings came"));
    const onError = (error: Error): void => {
      forget();
      reject(error);
    };
    const onSettings = (): void => {
      forget();
      resolve();
    };
    const forget = (): void => {
      session.off("remoteSettings", onSettings);
      for (const place of places) place.off("error", onError).off("close", onClose);
    };
    session.once("remoteSettings", onSettings);
    for (const place of places) place.once("error", onError).once("close", onClose);
  });
}

function widenWhenConnected(session: ClientHttp2Session): void {
  if (session.connecting) session.once("connect", () => widenSession(session, DEFAULT_STREAM_WINDOW_BYTES));
  else widenSession(session, DEFAULT_STREAM_WINDOW_BYTES);
}

async function connected(socket: Duplex, isSecure: boolean): Promise<Duplex> {
  // Between two listeners a fault must not end the process.
  socket.on("error", () => undefined);
  if (isConnecting(socket, isSecure)) await once(socket, isSecure ? "secureConnect" : "connect");
  return socket;
}

function makeSocket(address: Address, options: ClientOptions): Promise<Duplex> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- options of net and tls are handed on as they are, as node:http does
  const all = {
    ...options,
    host: address.hostname,
    port: address.port,
    socketPath: address.socketPath,
    timeout: undefined,
    ALPNProtocols: ["h2", "http/1.1"],
  } as RequestOptions;
  const { createConnection } = options;
  if (createConnection === undefined) return Promise.resolve(address.isSecure ? connectTls(all) : connectTcp(all));
  return new Promise((resolve, reject) => {
    const made = createConnection(all, (error, socket) => (error === null ? resolve(socket) : reject(error)));
    if (made) resolve(made);
  });
}

function isConnecting(socket: Duplex, isSecure: boolean): boolean {
  if ("connecting" in socket && socket.connecting === true) return true;
  return isSecure && "secureConnecting" in socket && socket.secureConnecting === true;
}

function alpnOf(socket: Duplex): TLSSocket["alpnProtocol"] | undefined {
  return "alpnProtocol" in socket && typeof socket.alpnProtocol === "string" ? socket.alpnProtocol : undefined;
}
