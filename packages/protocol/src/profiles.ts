/** Heartbeat: a ping every `intervalMs`; the peer counts as gone when no byte at all comes within `timeoutMs` of it. */
export interface HeartbeatOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
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
}

/** The two profiles of defaults: `ws` for drop-in use, `server` for `secure: true` and the hub. Units are in the names. */
export const PROFILES: Readonly<{ ws: Profile; server: Profile }> = Object.freeze({
  ws: Object.freeze({
    maxPayloadBytes: 100 * 1024 * 1024,
    maxFragments: 16_384,
    highWaterBytes: 1024 * 1024,
    lowWaterBytes: 256 * 1024,
    maxQueueBytes: Number.POSITIVE_INFINITY,
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
  }),
  server: Object.freeze({
    maxPayloadBytes: 64 * 1024,
    maxFragments: 1024,
    highWaterBytes: 64 * 1024,
    lowWaterBytes: 16 * 1024,
    maxQueueBytes: 1024 * 1024,
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
  }),
});
