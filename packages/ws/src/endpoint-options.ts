import type { Profile } from "@openline/protocol";
import type { ConnectionOptions } from "./connection.ts";
import type { ExtensionOptions } from "./endpoint-extensions.ts";

/** Ping when the line is quiet, and cut it when nothing comes back. Units: milliseconds. */
export interface HeartbeatOptions {
  /** Quiet time after which a ping is sent. */
  readonly intervalMs: number;
  /** How long after the ping anything must have arrived. */
  readonly timeoutMs: number;
}

/** What holds for a connection whichever end it is. Names and defaults of `ws` 8 unless the `server` profile is chosen with `secure: true`. */
export interface EndpointOptions extends ExtensionOptions {
  /** Largest message accepted, in bytes; larger ones fail the connection with 1009. 0 for no limit. Default 100 MiB (64 KiB when `secure`). */
  readonly maxPayload?: number | undefined;
  /** Most fragments of one message; more fail the connection with 1008. Default 16,384 (1,024 when `secure`). */
  readonly maxFragments?: number | undefined;
  /** Answer pings by itself. Default true. */
  readonly autoPong?: boolean | undefined;
  /** Do not check text and close reasons for valid UTF-8. Default false. */
  readonly skipUTF8Validation?: boolean | undefined;
  /** How long to wait for the end of the closing handshake, in milliseconds, before the transport is dropped. Default 30,000 (10,000 when `secure`). */
  readonly closeTimeout?: number | undefined;
  /** Whether several messages of one read may be emitted in one turn of the event loop. Default true. */
  readonly allowSynchronousEvents?: boolean | undefined;
  /** `send` answers false from this many unsent bytes on. Default 1 MiB (64 KiB when `secure`). */
  readonly highWaterBytes?: number | undefined;
  /** After that, `drain` is emitted when no more than this is unsent. Default a quarter of it. */
  readonly lowWaterBytes?: number | undefined;
  /** Drop the connection when more than this many bytes are queued and unsent. Default no limit (1 MiB when `secure`). */
  readonly maxQueueBytes?: number | undefined;
  /** Heartbeat by ping. Default off (25 s and 10 s when `secure`). */
  readonly heartbeat?: HeartbeatOptions | false | undefined;
  /** Close a connection over which no message came or went for that long, in milliseconds. Default off. */
  readonly idleTimeoutMs?: number | undefined;
}

/** The options of a user, with the profile's defaults for what they leave open. */
export function connectionOptions(role: "server" | "client", options: EndpointOptions, profile: Profile): ConnectionOptions {
  const highWaterBytes = options.highWaterBytes ?? profile.highWaterBytes;
  const { heartbeat = profile.heartbeat } = options;
  return {
    role,
    maxPayloadBytes: orNoLimit(options.maxPayload ?? profile.maxPayloadBytes),
    maxFragments: orNoLimit(options.maxFragments ?? profile.maxFragments),
    highWaterBytes,
    lowWaterBytes: options.lowWaterBytes ?? (options.highWaterBytes === undefined ? profile.lowWaterBytes : Math.floor(highWaterBytes / 4)),
    maxQueueBytes: options.maxQueueBytes ?? profile.maxQueueBytes,
    closeTimeoutMs: options.closeTimeout ?? profile.closeTimeoutMs,
    heartbeat: heartbeat === false ? undefined : heartbeat,
    idleTimeoutMs: options.idleTimeoutMs,
    autoPong: options.autoPong ?? profile.autoPong,
    skipUtf8Validation: options.skipUTF8Validation ?? profile.skipUtf8Validation,
    oneEventPerTurn: options.allowSynchronousEvents === false,
  };
}

// `ws` writes 0 for no limit.
function orNoLimit(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}
