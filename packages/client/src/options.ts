import { checkName, formatLimits, isVisibleAscii, shorten } from "@openline/wire";
import type { BackoffOptions } from "./backoff.ts";
import { ClientError } from "./errors.ts";
import type { HeartbeatTimes } from "./heartbeat.ts";
import type { Clock, SocketConstructor } from "./platform.ts";

/** Where tokens come from: the application's callback. Called anew for each connection, and ahead of each token's end. */
export type TokenCallback = () => string | Promise<string>;

/** How many messages may wait for the server's acknowledgement, sent or not. Over either limit `publish` rejects with `queue-full`. */
export interface OutboundLimit {
  /** Default 1,000. */
  readonly messages: number;
  /** UTF-8 bytes of the encoded messages; default 1,048,576 (1 MiB). */
  readonly bytes: number;
}

/** What the application may set. Everything has a default; README.md has the table. */
export interface ClientOptions {
  /** The name that others see, 1 to 255 bytes of UTF-8. Default: none, or the one that the server's authentication gives. */
  readonly user?: string;
  /**
   * Sent in the first message, never in the URL. At most 8,192 bytes. A function is called for each connection, and again ahead of the token's end: then the new one is sent over the
   * connection that is up.
   */
  readonly token?: string | TokenCallback;
  /** Whether the token goes along with every message, for servers that ask for that. Default false. */
  readonly tokenInEachMessage?: boolean;
  /** Whether the constructor connects. Default true; where WebSocket is absent (server-side rendering) set false. */
  readonly autoConnect?: boolean;
  /** The WebSocket class to use. Default: the platform's own. */
  readonly WebSocket?: SocketConstructor;
  /** The subprotocol that is offered, `false` for none. Default `openline.v1`. */
  readonly subprotocol?: string | false;
  /** Time for an attempt to get from nothing to the server's `connected`. Default 10,000 ms. */
  readonly connectTimeoutMs?: number;
  /** The waits between attempts. Defaults: 500 ms, 30,000 ms, factor 2. */
  readonly reconnect?: Partial<BackoffOptions>;
  /**
   * `intervalMs` and `hiddenIntervalMs` are proposed to the server, which answers within its bounds (by default 25,000 ms and three intervals, 1 s to 2 min); `timeoutMs` replaces
   * the server's (10,000 ms by its default).
   */
  readonly heartbeat?: Partial<HeartbeatTimes>;
  /** After how many pings in a row without an answer the connection is given up, and the event `offline` comes: 1 (default) to 100. */
  readonly maxMissedHeartbeats?: number;
  /** What may wait for acknowledgement. Defaults: 1,000 messages and 1 MiB. */
  readonly outboundLimit?: Partial<OutboundLimit>;
  /** How many of the newest messages a `join` without its own `rewind` shows: 0 (default) to 1000. */
  readonly rewind?: number;
  /** The time source; for tests. */
  readonly clock?: Clock;
  /** A number in [0, 1) for the jitter; for tests. */
  readonly random?: () => number;
}

/** The options with every default in its place. */
export interface ResolvedOptions {
  readonly user: string | undefined;
  readonly token: string | TokenCallback | undefined;
  readonly tokenInEachMessage: boolean;
  readonly autoConnect: boolean;
  readonly subprotocol: string | false;
  readonly connectTimeoutMs: number;
  readonly reconnect: BackoffOptions;
  readonly heartbeat: Partial<HeartbeatTimes> | undefined;
  readonly maxMissedHeartbeats: number;
  readonly outboundLimit: OutboundLimit;
  readonly rewind: number;
}

/** The longest time that a timer of the platform takes: 2³¹ - 1 ms, 24.8 days. */
export const mostTimerMs = 2_147_483_647;

/** Checks what the application gave and fills in the defaults. @throws ClientError `bad-option` (naming the value and its limits), `bad-name`. */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  const { user, token, heartbeat, reconnect = {}, outboundLimit = {} } = options;
  if (user !== undefined) checkedName("user", user);
  if (typeof token === "string") checkedToken(token);
  const minDelayMs = numberIn("reconnect.minDelayMs", reconnect.minDelayMs ?? 500, 0, mostTimerMs);
  return {
    user,
    token,
    tokenInEachMessage: options.tokenInEachMessage ?? false,
    autoConnect: options.autoConnect ?? true,
    subprotocol: options.subprotocol ?? "openline.v1",
    connectTimeoutMs: numberIn("connectTimeoutMs", options.connectTimeoutMs ?? 10_000, 1, mostTimerMs),
    reconnect: {
      minDelayMs,
      // Half of the longest timer: a server's "later" waits up to twice as long.
      maxDelayMs: numberIn("reconnect.maxDelayMs", reconnect.maxDelayMs ?? Math.max(30_000, minDelayMs), minDelayMs, mostTimerMs / 2),
      factor: numberIn("reconnect.factor", reconnect.factor ?? 2, 1, 100),
    },
    heartbeat: heartbeat && checkedHeartbeat(heartbeat),
    maxMissedHeartbeats: numberIn("maxMissedHeartbeats", options.maxMissedHeartbeats ?? 1, 1, 100),
    outboundLimit: {
      messages: numberIn("outboundLimit.messages", outboundLimit.messages ?? 1_000, 1, Number.MAX_SAFE_INTEGER),
      bytes: numberIn("outboundLimit.bytes", outboundLimit.bytes ?? 1_048_576, 1, Number.MAX_SAFE_INTEGER),
    },
    rewind: checkedRewind(options.rewind ?? 0),
  };
}

/** @throws ClientError `bad-option` when it is no token, or an empty or too long one. */
export function checkedToken(token: string): string {
  const length = typeof token === "string" ? token.length : 0;
  if (length > 0 && length <= formatLimits.tokenBytes) return token;
  throw new ClientError("bad-option", `token has ${length} bytes, not 1 to ${formatLimits.tokenBytes}`);
}

/** @throws ClientError `bad-name` when `name` breaks the rules of docs/wire/hub-v1.md, Names. */
export function checkedName(what: "room" | "user" | "request", name: string): string {
  const fault = typeof name === "string" ? checkName(name) : `is ${typeof name}, not a string`;
  if (fault !== undefined) throw new ClientError("bad-name", `${what} name ${fault}`);
  return name;
}

/** @throws ClientError `code` when `value` is not 1 to `most` visible ASCII characters. */
export function checkedAscii(code: "bad-option" | "bad-publish-id", what: string, value: string, most: number): string {
  if (isVisibleAscii(value) && value.length <= most) return value;
  throw new ClientError(code, `${what} is ${shorten(value)}, not 1 to ${most} visible ASCII characters`);
}

/** @throws ClientError `bad-option` when `position` is not 1 to 128 visible ASCII characters. */
export function checkedPosition(position: string | undefined): string | undefined {
  return position === undefined ? position : checkedAscii("bad-option", "position", position, formatLimits.opaqueChars);
}

/** @throws ClientError `bad-option` when `rewind` is not an integer from 0 to 1000. */
export function checkedRewind(rewind: number): number {
  if (!Number.isInteger(rewind)) throw new ClientError("bad-option", `rewind is ${String(rewind)}, not an integer`);
  return numberIn("rewind", rewind, 0, formatLimits.rewind);
}

/** @throws ClientError `bad-option` when `value` is not a number from `least` to `most`. */
export function numberIn(name: string, value: number, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new ClientError("bad-option", `${name} is ${String(value)}, not a number from ${least} to ${most}`);
}

function checkedHeartbeat(heartbeat: Partial<HeartbeatTimes>): Partial<HeartbeatTimes> {
  return Object.fromEntries(
    Object.entries(heartbeat).map(([name, value]) => [name, Math.ceil(numberIn(`heartbeat.${name}`, value, 1, mostTimerMs))]),
  );
}
