import { type RoomGrants, roomActions } from "@openline/hub";
import { defaultLimits } from "@openline/wire";
import { TrustedProxies } from "@openline/ws";
import * as v from "valibot";
import { expected, isObject, list, members, secretList, text, whole } from "../schema-parts.ts";
import { jwtAlgorithms } from "./jwt-keys.ts";

/** How JSON Web Tokens are checked. Any of `secrets`, `publicKeys` and `jwksUrl` turns them on. */
export interface JwtSettingsInput {
  readonly secrets?: readonly string[] | undefined;
  /** Each a PEM file, or PEM text. */
  readonly publicKeys?: readonly string[] | undefined;
  readonly jwksUrl?: string | undefined;
  readonly algorithms?: readonly string[] | undefined;
  readonly audiences?: readonly string[] | undefined;
  readonly issuers?: readonly string[] | undefined;
  readonly leewayMs?: number | undefined;
}

/** Caps and rates. What is left out has the default that the table of settings names. */
export interface LimitsInput {
  readonly messageBytes?: number | undefined;
  readonly connections?: number | undefined;
  readonly connectionsPerAddress?: number | undefined;
  readonly connectionsPerUser?: number | undefined;
  readonly connectionsPerSecond?: number | undefined;
  readonly messagesPerSecond?: number | undefined;
  /** What waits for one slow connection. */
  readonly outboundBytes?: number | undefined;
  readonly roomsPerConnection?: number | undefined;
  /** Kept in memory. */
  readonly rooms?: number | undefined;
}

/** {@link JwtSettingsInput} with its defaults. */
export interface JwtSettings {
  readonly secrets: readonly string[];
  readonly publicKeys: readonly string[];
  readonly jwksUrl: string | undefined;
  readonly algorithms: readonly string[];
  readonly audiences: readonly string[];
  readonly issuers: readonly string[];
  readonly leewayMs: number;
}

/** {@link LimitsInput} with its defaults; `undefined`: no limit, or for `connectionsPerAddress` 100 with this machine not counted. */
export interface LimitSettings {
  readonly messageBytes: number;
  readonly connections: number | undefined;
  readonly connectionsPerAddress: number | undefined;
  readonly connectionsPerUser: number;
  readonly connectionsPerSecond: number | undefined;
  readonly messagesPerSecond: number | undefined;
  readonly outboundBytes: number;
  readonly roomsPerConnection: number;
  readonly rooms: number;
}

/** Keys that anybody on the way can change would let anybody in. */
const keyAddress = /^(?:https:\/\/[^\s/]+|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?)(?:\/\S*)?$/;

/** RFC 7518 §3.2: a key of the hash's size or larger. */
function hmacSecret(): v.GenericSchema<string> {
  return v.pipe(
    v.string("must be text"),
    v.check((value) => Buffer.byteLength(value) >= 32, "must have at least 32 bytes"),
  );
}

/** What `trustProxy` takes. */
export function proxySchema(): v.GenericSchema<string> {
  const message = expected("an address, a subnet such as 10.0.0.0/8, or loopback");
  return v.pipe(v.string(message), v.check(isProxy, message));
}

function isProxy(entry: string): boolean {
  try {
    return new TrustedProxies([entry]) instanceof TrustedProxies;
  } catch {
    return false;
  }
}

/** Rights by pattern of room names. */
export function permissionSchema(): v.GenericSchema<unknown, RoomGrants> {
  const action = v.picklist([...roomActions, "*"] as const, expected(`one of ${roomActions.join(", ")}, *`));
  return v.pipe(isObject, v.record(text("a pattern of room names of 1 to 255 characters", /^.{1,255}$/u), list(action)));
}

/** The schema of {@link JwtSettingsInput}. */
export const jwtSchema: v.GenericSchema<unknown, JwtSettingsInput> = members({
  secrets: v.optional(secretList(hmacSecret())),
  publicKeys: v.optional(list(text("a file", /./))),
  jwksUrl: v.optional(text("an address that begins with https:// (http:// for this machine only)", keyAddress)),
  algorithms: v.optional(list(v.picklist([...jwtAlgorithms], expected(`one of ${jwtAlgorithms.join(", ")}`)))),
  audiences: v.optional(list(text("a text", /./))),
  issuers: v.optional(list(text("a text", /./))),
  leewayMs: v.optional(whole(0, 300_000)),
});

/** The schema of {@link LimitsInput}. */
export const limitsSchema: v.GenericSchema<unknown, LimitsInput> = members({
  messageBytes: v.optional(whole(1024, 16_777_216)),
  connections: v.optional(whole(1, 10_000_000)),
  connectionsPerAddress: v.optional(whole(1, 10_000_000)),
  connectionsPerUser: v.optional(whole(1, 10_000_000)),
  connectionsPerSecond: v.optional(whole(1, 1_000_000)),
  messagesPerSecond: v.optional(whole(1, 1_000_000)),
  outboundBytes: v.optional(whole(65_536, 1_073_741_824)),
  roomsPerConnection: v.optional(whole(1, 100_000)),
  rooms: v.optional(whole(1, 100_000_000)),
});

/** Whether tokens are read at all: there is a key to check them with. */
export function readsJwt({ secrets, publicKeys, jwksUrl }: JwtSettings): boolean {
  return secrets.length > 0 || publicKeys.length > 0 || jwksUrl !== undefined;
}

/** Fills in the defaults. @throws TypeError for rules without a key */
export function completeJwt(given: JwtSettingsInput = {}): JwtSettings {
  const { secrets = [], publicKeys = [], jwksUrl, algorithms = [], audiences = [], issuers = [], leewayMs = 5000 } = given;
  const jwt = { secrets, publicKeys, jwksUrl, algorithms, audiences, issuers, leewayMs };
  if (readsJwt(jwt) || [...algorithms, ...audiences, ...issuers].length === 0) return jwt;
  throw new TypeError("tokens cannot be checked without a key: give --jwt-secret, --jwt-public-key or --jwt-jwks-url too");
}

/** Fills in the defaults. */
export function completeLimits(given: LimitsInput = {}): LimitSettings {
  return {
    messageBytes: given.messageBytes ?? defaultLimits.messageBytes,
    connections: given.connections,
    connectionsPerAddress: given.connectionsPerAddress,
    connectionsPerUser: given.connectionsPerUser ?? 100,
    connectionsPerSecond: given.connectionsPerSecond,
    messagesPerSecond: given.messagesPerSecond,
    outboundBytes: given.outboundBytes ?? 1_048_576,
    roomsPerConnection: given.roomsPerConnection ?? defaultLimits.roomsPerConnection,
    rooms: given.rooms ?? 100_000,
  };
}
