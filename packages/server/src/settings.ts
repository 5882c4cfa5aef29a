import { defaultRules, type Retention, type RoomGrants, type RuleOverrides } from "@openline/hub";
import { type AskSettings, asksAboutConnect, completeAsk, completeWebhook, type WebhookSettings } from "./application-settings.ts";
import { completeJwt, completeLimits, type JwtSettings, type LimitSettings, readsJwt } from "./auth/access-settings.ts";
import { isLoopback } from "./authority.ts";
import { engineOf, secureProtocols } from "./broker-address.ts";
import type { ScaledroneChannels } from "./scaledrone/channel.ts";
import type { durabilities, logFormats, logLevels, onOff } from "./setting-entries/setting-choices.ts";
import type { SettingsInput } from "./settings-schema.ts";

/** Settings as the server uses them: complete, checked together. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly publicOrigin: string | undefined;
  readonly anonymous: boolean;
  readonly trustProxy: readonly string[];
  readonly jwt: JwtSettings;
  readonly authCookie: string | undefined;
  readonly tokenInEachMessage: boolean;
  readonly permissions: RoomGrants | undefined;
  readonly apiKeys: readonly string[];
  readonly webhook: WebhookSettings;
  readonly ask: AskSettings;
  readonly logLevel: (typeof logLevels)[number];
  readonly logFormat: (typeof logFormats)[number];
  readonly data: string | undefined;
  readonly durability: (typeof durabilities)[number];
  readonly broker: string | undefined;
  readonly brokerCa: string | undefined;
  readonly brokerKeyFile: string | undefined;
  /** Both or none: no TLS. */
  readonly tls: { readonly cert: string | undefined; readonly key: string | undefined };
  /** Undefined: the process that was started serves itself. */
  readonly workers: number | undefined;
  readonly scaledrone: ScaledroneChannels;
  /** `path` lies below the base path; `replyMs` 0: heartbeats need no answer. */
  readonly sockjs: { readonly serve: (typeof onOff)[number]; readonly path: string; readonly replyMs: number };
  readonly drainMs: number;
  readonly drainDelayMs: number;
  /** Undefined: a millisecond for each connection, at most half of `drainMs`. */
  readonly drainSpreadMs: number | undefined;
  readonly drainCode: 1001 | 1012;
  readonly drainRetryMs: number;
  readonly sessionTtlMs: number;
  readonly limits: LimitSettings;
  readonly history: Retention;
  /** Clients may propose an interval from `minIntervalMs` to `maxIntervalMs`. */
  readonly heartbeat: {
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly minIntervalMs: number;
    readonly maxIntervalMs: number;
  };
  readonly rooms: Readonly<Record<string, RuleOverrides>>;
}

/** Settings that cannot be used. The message is one line that names where the value stands, the value, and what is allowed. */
export class SettingsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SettingsError";
  }
}

/**
 * Fills in the defaults and checks what one value alone does not show.
 * `hasAuthenticate`: whether the program brings a function of its own to know clients by.
 * @throws SettingsError when the address is open to others and nothing was said about who may come in
 */
export function completeSettings(input: SettingsInput, { hasAuthenticate = false }: { readonly hasAuthenticate?: boolean } = {}): Settings {
  const host = input.host ?? "localhost";
  const apiKeys = input.apiKeys ?? [];
  checkStore(input);
  const jwt = settled(() => completeJwt(input.jwt));
  const readsTokens = readsJwt(jwt) || hasAuthenticate;
  const webhook = settled(() => completeWebhook(input.webhook));
  const ask = settled(() => completeAsk(input.ask));
  const asksWhoComesIn = asksAboutConnect(ask);
  checkExposure(host, apiKeys.length > 0 || readsTokens || asksWhoComesIn, input.anonymous);
  const anonymous = input.anonymous ?? (isLoopback(host) && !readsTokens && !asksWhoComesIn);
  if (input.tokenInEachMessage === true && anonymous) throw new SettingsError("a token in each message and anonymous exclude each other");
  return {
    port: input.port ?? 8000,
    host,
    basePath: normalizeBasePath(input.basePath ?? "/"),
    allowedHosts: input.allowedHosts ?? [],
    allowedOrigins: input.allowedOrigins ?? [],
    publicOrigin: input.publicOrigin,
    anonymous,
    trustProxy: input.trustProxy ?? [],
    jwt,
    authCookie: input.authCookie,
    tokenInEachMessage: input.tokenInEachMessage ?? false,
    permissions: input.permissions,
    apiKeys,
    webhook,
    ask,
    logLevel: input.logLevel ?? "info",
    logFormat: input.logFormat ?? "auto",
    data: input.data,
    durability: input.durability ?? "os",
    broker: input.broker,
    brokerCa: input.brokerCa,
    brokerKeyFile: input.brokerKeyFile,
    tls: completeTls(input.tls),
    workers: input.workers,
    scaledrone: input.scaledrone ?? {},
    sockjs: { serve: input.sockjs?.serve ?? "on", path: input.sockjs?.path ?? "sockjs", replyMs: input.sockjs?.replyMs ?? 0 },
    drainMs: input.drainMs ?? 5000,
    drainDelayMs: input.drainDelayMs ?? 0,
    drainSpreadMs: input.drainSpreadMs,
    drainCode: input.drainCode ?? 1001,
    drainRetryMs: input.drainRetryMs ?? 1000,
    sessionTtlMs: input.sessionTtlMs ?? 60_000,
    limits: completeLimits(input.limits),
    history: completeHistory(input.history),
    heartbeat: completeHeartbeat(input.heartbeat),
    rooms: input.rooms ?? {},
  };
}

function completeHeartbeat({ intervalMs = 25_000, timeoutMs = 10_000, ...bounds }: SettingsInput["heartbeat"] = {}): Settings["heartbeat"] {
  const { minIntervalMs = 1_000, maxIntervalMs = Math.max(120_000, intervalMs) } = bounds;
  if (intervalMs >= minIntervalMs && intervalMs <= maxIntervalMs) return { intervalMs, timeoutMs, minIntervalMs, maxIntervalMs };
  throw new SettingsError(
    `--heartbeat-interval-ms ${intervalMs} must lie between --heartbeat-min-interval-ms ${minIntervalMs} and --heartbeat-max-interval-ms ${maxIntervalMs}`,
  );
}

function completeTls({ cert, key }: NonNullable<SettingsInput["tls"]> = {}): Settings["tls"] {
  if ((cert === undefined) !== (key === undefined))
    throw new SettingsError("--cert and --key go together: the certificate, and the key to it");
  return { cert, key };
}

function checkStore({ data, durability, broker, brokerCa, brokerKeyFile }: SettingsInput): void {
  if (data !== undefined && broker !== undefined)
    throw new SettingsError("--data and --broker exclude each other: rooms are kept in one place");
  if (data === undefined && durability === "fsync")
    throw new SettingsError("--durability fsync needs --data DIR: without it nothing is written to a disk");
  if (brokerCa !== undefined && (broker === undefined || engineOf(broker)?.isSecure !== true))
    throw new SettingsError(`--broker-ca needs --broker with TLS (${secureProtocols}): only that is encrypted`);
  if (brokerKeyFile !== undefined && broker === undefined)
    throw new SettingsError("--broker-key-file needs --broker: nothing else is shared with other nodes");
}

function settled<T>(complete: () => T): T {
  try {
    return complete();
  } catch (error) {
    throw error instanceof TypeError ? new SettingsError(error.message) : error;
  }
}

function checkExposure(host: string, hasKey: boolean, anonymous: boolean | undefined): void {
  if (hasKey || anonymous === true) return;
  if (anonymous === false) throw new SettingsError("nobody could come in: anonymous is false and there is no --api-key and no --jwt-…");
  if (isLoopback(host)) return;
  throw new SettingsError(
    `refusing to listen on ${host} without authentication: give --api-key KEY to ask for a key, --jwt-… to read tokens, or --anonymous to let everyone in who reaches the port`,
  );
}

function normalizeBasePath(path: string): string {
  return `/${path}/`.replace(/\/{2,}/g, "/");
}

function completeHistory(given: SettingsInput["history"]): Retention {
  const { messages, bytes, ageMs } = defaultRules.history;
  return { messages: given?.messages ?? messages, bytes: given?.bytes ?? bytes, ageMs: given?.ageMs ?? ageMs };
}
