/** Heartbeat: a ping every `intervalMs`; the peer counts as gone when no byte at all comes within `timeoutMs` of it. */
export interface HeartbeatOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** A text message that goes out with each ping, for pages: their scripts see no pings. Not while more waits than `highWaterBytes`. */
  readonly text?: string | undefined;
}

/** Defaults of one kind of endpoint. `Infinity` means no limit, `undefined` means off. */
export interface Profile {
  /** Largest message, inflated. Beyond it: 1009. */
  readonly maxPayloadBytes: number;
  /** Most frames in one message. Beyond it: 1008. */
  readonly maxFragments: number;
  /** From this many buffered bytes on, `send` answers false. */
  readonly highWaterBytes: number;
  /** After a false, `Event.Drain` comes when no more than this is buffered. */
  readonly lowWaterBytes: number;
  /** Cap on the outbound queue, enforced by the endpoint with its policy. */
  readonly maxQueueBytes: number;
  /** What the endpoint does with a connection over that cap: close it with 1008 and drop what waits, drop its transport, or leave messages out. */
  readonly queuePolicy: "close" | "terminate" | "drop";
  /** Largest payload of one outgoing frame; larger messages leave as fragments, with control frames between. */
  readonly fragmentBytes: number;
  /** How long the closing handshake, and the peer's end of the transport after it, may take. */
  readonly closeTimeoutMs: number;
  readonly heartbeat: HeartbeatOptions | undefined;
  /** Answer pings by ourselves. */
  readonly autoPong: boolean;
  readonly skipUtf8Validation: boolean;
  /** `Sec-WebSocket-Version` values that a server accepts. */
  readonly versions: readonly number[];
  /** Status for another version; the field `Sec-WebSocket-Version` lists `versions`. */
  readonly versionStatus: number;
  /** Status for a request that asks for no upgrade to `websocket`. */
  readonly upgradeStatus: number;
  /** How long a peer may take for the opening handshake; `undefined`: for ever. */
  readonly handshakeTimeoutMs: number | undefined;
  /** Whether a browser page of any origin may connect. */
  readonly originPolicy: "any" | "same-origin";
  /** Connections from one address at a time. */
  readonly maxConnectionsPerAddress: number;
  /** Header fields of an opening handshake, and bytes in them. Beyond either: 431. */
  readonly maxHeaderFields: number;
  readonly maxHeaderBytes: number;
  /** What a throw in the application's listener does: it reaches the process, or it closes the connection with 1011. */
  readonly onHandlerError: "throw" | "close";
}

/** The two profiles of defaults: `ws` for drop-in use, `server` for `secure: true` and the hub. Units are in the names. */
export const PROFILES: Readonly<{ ws: Profile; server: Profile }> = Object.freeze({
  ws: Object.freeze({
    maxPayloadBytes: 100 * 1024 * 1024,
    maxFragments: 16_384,
    highWaterBytes: 1024 * 1024,
    lowWaterBytes: 256 * 1024,
    maxQueueBytes: Number.POSITIVE_INFINITY,
    queuePolicy: "terminate",
    fragmentBytes: Number.POSITIVE_INFINITY,
    closeTimeoutMs: 30_000,
    heartbeat: undefined,
    autoPong: true,
    skipUtf8Validation: false,
    versions: Object.freeze([13, 8]),
    versionStatus: 400,
    upgradeStatus: 400,
    handshakeTimeoutMs: undefined,
    originPolicy: "any",
    maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
    maxHeaderFields: Number.POSITIVE_INFINITY,
    maxHeaderBytes: Number.POSITIVE_INFINITY,
    onHandlerError: "throw",
  }),
  server: Object.freeze({
    maxPayloadBytes: 64 * 1024,
    maxFragments: 1024,
    highWaterBytes: 64 * 1024,
    lowWaterBytes: 16 * 1024,
    maxQueueBytes: 1024 * 1024,
    queuePolicy: "close",
    fragmentBytes: 64 * 1024,
    closeTimeoutMs: 10_000,
    heartbeat: Object.freeze({ intervalMs: 25_000, timeoutMs: 10_000 }),
    autoPong: true,
    skipUtf8Validation: false,
    versions: Object.freeze([13]),
    versionStatus: 426,
    upgradeStatus: 426,
    handshakeTimeoutMs: 10_000,
    originPolicy: "same-origin",
    maxConnectionsPerAddress: 100,
    maxHeaderFields: 100,
    maxHeaderBytes: 16 * 1024,
    onHandlerError: "close",
  }),
});
