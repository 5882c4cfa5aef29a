import type { Http2SecureServer, Http2Server, SecureServerOptions, ServerHttp2Session, ServerOptions } from "node:http2";
import type { Profile } from "@openline/protocol";

/** How an endpoint speaks HTTP/2. */
export interface Http2Options {
  /**
   * So many bytes may be on their way on each stream before the peer must wait for us, and so much memory may each socket that is paused hold. Default
   * 262,144. On a `server` that is yours only set when it is given here.
   */
  readonly windowBytes?: number | undefined;
  /** Streams at a time on one TCP connection. Default 1,000 (100 when `secure`). On a `server` that is yours only set when it is given here. */
  readonly maxStreams?: number | undefined;
}

/** {@link Http2Options} with nothing left open. */
export interface Http2Limits {
  readonly windowBytes: number;
  readonly maxStreams: number;
}

/** RFC 9113 §6.9.2: what everybody may send before the first settings. */
const DEFAULT_WINDOW_BYTES = 65_535;
/** RFC 9113 §6.9.1. */
const MOST_WINDOW_BYTES = 0x7fff_ffff;

/**
 * What holds where the user says nothing. An upload is as fast as one window for each round trip: 4 MiB over a line with 20 ms took 1,385 ms with HTTP/2's own
 * 65,535 bytes, 371 ms with 256 KiB, 101 ms with 1 MiB (test/http2/upload.rules.test.ts measures them). On the other side, a window is what a
 * paused socket may hold in memory, times `maxStreams` for one TCP connection.
 */
export const DEFAULT_STREAM_WINDOW_BYTES: number = 256 * 1024;

/** @throws RangeError naming an option that cannot be */
export function http2Limits({ windowBytes = DEFAULT_STREAM_WINDOW_BYTES, maxStreams }: Http2Options, profile: Profile): Http2Limits {
  const most = maxStreams ?? Math.min(profile.maxConnectionsPerAddress, 1000);
  if (!Number.isInteger(windowBytes) || windowBytes < DEFAULT_WINDOW_BYTES || windowBytes > MOST_WINDOW_BYTES) {
    throw new RangeError(`http2.windowBytes is ${windowBytes}: it must be ${DEFAULT_WINDOW_BYTES} to ${MOST_WINDOW_BYTES}`);
  }
  if (!Number.isInteger(most) || most < 1) throw new RangeError(`http2.maxStreams is ${most}: it must be a whole number above 0`);
  return { windowBytes, maxStreams: most };
}

/**
 * Never reached. Node counts what waits to be sent on a connection, and above the limit, 10 where nothing is said, it resets new streams, though it is others that
 * do not read. What waits has bounds of its own: the caps on each queue, and HTTP/2's limits on header fields, settings and pings.
 */
export const MOST_SESSION_MEGABYTES = 1_000_000;

/** Options of `node:http2` for a server of ours. */
export function nodeOptions({
  windowBytes,
  maxStreams,
}: Http2Limits): Pick<ServerOptions & SecureServerOptions, "settings" | "maxSessionMemory"> {
  return {
    settings: { initialWindowSize: windowBytes, maxConcurrentStreams: maxStreams },
    maxSessionMemory: MOST_SESSION_MEGABYTES,
  };
}

/** The window of the whole connection, which all its streams share: with that of one stream a single upload would hold up the others. */
export function widenSession(session: Pick<ServerHttp2Session, "setLocalWindowSize" | "destroyed">, windowBytes: number): void {
  if (!session.destroyed) session.setLocalWindowSize(Math.min(windowBytes * 4, MOST_WINDOW_BYTES));
}

/** Puts the limits that the user gives on a server that is the user's own; what is not given stays as that server has it. */
export function limitGivenServer(
  server: Http2Server | Http2SecureServer,
  { windowBytes, maxStreams }: Http2Options,
  profile: Profile,
): void {
  http2Limits({ windowBytes, maxStreams }, profile);
  server.updateSettings({
    ...(windowBytes !== undefined && { initialWindowSize: windowBytes }),
    ...(maxStreams !== undefined && { maxConcurrentStreams: maxStreams }),
  });
  if (windowBytes !== undefined) server.on("session", (session) => widenSession(session, windowBytes));
}
