import { defaultRules, type Retention, type RoomGrants, type RuleOverrides, slowPolicies } from "@openline/hub";
import * as v from "valibot";
import { parseApiKey } from "./api-keys.ts";
import {
  type AskSettings,
  type AskSettingsInput,
  askSchema,
  asksAboutConnect,
  completeAsk,
  completeWebhook,
  type WebhookSettings,
  type WebhookSettingsInput,
  webhookSchema,
} from "./application-settings.ts";
import {
  completeJwt,
  completeLimits,
  type JwtSettings,
  type JwtSettingsInput,
  jwtSchema,
  type LimitSettings,
  type LimitsInput,
  limitsSchema,
  permissionSchema,
  proxySchema,
  readsJwt,
} from "./auth/access-settings.ts";
import { isLoopback } from "./authority.ts";
import { brokerProtocols, engineOf, secureProtocols } from "./broker-address.ts";
import { normalizeOrigin } from "./origin-policy.ts";
import type { ScaledroneChannels } from "./scaledrone/channel.ts";
import { scaledroneSchema } from "./scaledrone/channel-schema.ts";
import { choice, expected, isObject, list, members, secretList, text, whole } from "./schema-parts.ts";
import { durabilities, logFormats, logLevels, onOff } from "./setting-entries/setting-choices.ts";

function originSchema(): v.GenericSchema<string> {
  const message = expected("an origin such as https://chat.example, without a path");
  return v.pipe(
    v.string(message),
    v.check((value) => normalizeOrigin(value) !== undefined, message),
  );
}

const secret = (): v.GenericSchema<string> =>
  v.pipe(
    v.string("must be text"),
    v.rawCheck(({ dataset, addIssue }) => {
      const parsed = dataset.typed ? parseApiKey(dataset.value) : "";
      if (typeof parsed === "string") addIssue({ message: parsed });
    }),
  );
const historySchemas = { messages: whole(0, 1_000_000), bytes: whole(0, 1_073_741_824), ageMs: whole(1000, 2_592_000_000) };

/** Settings as somebody gives them: all optional. */
export interface SettingsInput {
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly basePath?: string | undefined;
  readonly allowedHosts?: readonly string[] | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly publicOrigin?: string | undefined;
  readonly anonymous?: boolean | undefined;
  /** Proxies whose `X-Forwarded-…` fields are believed: addresses, subnets, `loopback`. */
  readonly trustProxy?: readonly string[] | undefined;
  readonly jwt?: JwtSettingsInput | undefined;
  /** The cookie of a handshake in which a token may stand. */
  readonly authCookie?: string | undefined;
  readonly tokenInEachMessage?: boolean | undefined;
  /** Rights by pattern of room names; only in the configuration file and in code. docs/authentication.md has the patterns and actions. */
  readonly permissions?: RoomGrants | undefined;
  readonly apiKeys?: readonly string[] | undefined;
  /** Where the application is told what clients did; docs/webhooks.md. */
  readonly webhook?: WebhookSettingsInput | undefined;
  /** Where the application is asked before clients act; docs/webhooks.md. */
  readonly ask?: AskSettingsInput | undefined;
  readonly logLevel?: (typeof logLevels)[number] | undefined;
  readonly logFormat?: (typeof logFormats)[number] | undefined;
  /** The directory in which rooms are kept; without it and `broker` they live in memory. */
  readonly data?: string | undefined;
  readonly durability?: (typeof durabilities)[number] | undefined;
  /** The address of a Redis, a NATS, a RabbitMQ or a Kafka: `redis[s]://…`, `nats[+tls]://…`, `amqp[s]://…`, `kafka[+tls]://…`. It may hold a password, so it is never shown. */
  readonly broker?: string | undefined;
  /** A PEM file with the certificates to trust for an address with TLS. */
  readonly brokerCa?: string | undefined;
  /** A file with the secret by which nodes sign what they say over the broker, one to a line: the first signs, each is accepted. docs/brokers/signing.md. */
  readonly brokerKeyFile?: string | undefined;
  /** PEM files with the server's certificate and its key: then it speaks TLS, HTTP/2 and HTTP/1.1. */
  readonly tls?: { readonly cert?: string | undefined; readonly key?: string | undefined } | undefined;
  /** How many processes serve; without it this one does. */
  readonly workers?: number | undefined;
  /** Scaledrone channels by id, for Scaledrone's clients; docs/scaledrone.md. */
  readonly scaledrone?: ScaledroneChannels | undefined;
  /** The endpoint for clients whose WebSocket is blocked; docs/sockjs.md. */
  readonly sockjs?:
    | { readonly serve?: (typeof onOff)[number] | undefined; readonly path?: string | undefined; readonly replyMs?: number | undefined }
    | undefined;
  readonly drainMs?: number | undefined;
  /** How long a server that is told to end stays open while `/ready` says no already. */
  readonly drainDelayMs?: number | undefined;
  /** Over how long the closes are spread. */
  readonly drainSpreadMs?: number | undefined;
  /** What clients are told: 1001, the server goes away, or 1012, it restarts. */
  readonly drainCode?: 1001 | 1012 | undefined;
  /** With 1012: within which time clients are asked to come back. */
  readonly drainRetryMs?: number | undefined;
  readonly sessionTtlMs?: number | undefined;
  readonly limits?: LimitsInput | undefined;
  readonly history?:
    | { readonly messages?: number | undefined; readonly bytes?: number | undefined; readonly ageMs?: number | undefined }
    | undefined;
  readonly heartbeat?: { readonly [Name in keyof Settings["heartbeat"]]?: number | undefined } | undefined;
  /** Rules by pattern of room names; only in the configuration file and in code. README.md of `@openline/hub` has the patterns and their order. */
  readonly rooms?: Readonly<Record<string, RuleOverrides>> | undefined;
}

function ruleSchema(): v.GenericSchema<unknown, RuleOverrides> {
  const rate = v.strictObject({ messages: whole(1, 1_000_000), perMs: whole(1, 86_400_000) });
  return v.pipe(
    isObject,
    v.strictObject({
      history: v.exactOptional(
        v.strictObject({
          messages: v.exactOptional(historySchemas.messages),
          bytes: v.exactOptional(historySchemas.bytes),
          ageMs: v.exactOptional(historySchemas.ageMs),
        }),
      ),
      presence: v.exactOptional(v.boolean(expected("true or false"))),
      messageBytes: v.exactOptional(whole(1, 16_777_216)),
      rate: v.exactOptional(rate),
      slow: v.exactOptional(v.picklist(slowPolicies, expected(`one of ${slowPolicies.join(", ")}`))),
      slowBytes: v.exactOptional(whole(1024, 1_073_741_824)),
      keepEmptyMs: v.exactOptional(whole(0, 2_147_483_647)),
    }),
  );
}

/** The one schema of the settings: of the configuration file as it stands, of the environment and the flags after they were put in its shape. */
export const settingsSchema: v.GenericSchema<unknown, SettingsInput> = members({
  port: v.optional(whole(0, 65_535)),
  host: v.optional(text("a host name or address", /^[^\s/]+$/)),
  basePath: v.optional(
    text('a path such as "/wsapp/", of letters, digits, "-", ".", "_" and "~"', /^\/?(?:[\w~-][\w.~-]*\/)*(?:[\w~-][\w.~-]*)?$/),
  ),
  allowedHosts: v.optional(list(text("a host name or host:port", /^[^\s/@]+$/))),
  allowedOrigins: v.optional(list(originSchema())),
  publicOrigin: v.optional(originSchema()),
  anonymous: v.optional(v.boolean(expected("true or false"))),
  trustProxy: v.optional(list(proxySchema())),
  jwt: v.optional(jwtSchema),
  authCookie: v.optional(text("a cookie's name (RFC 6265)", /^[\w!#$%&'*+.^`|~-]+$/)),
  tokenInEachMessage: v.optional(v.boolean(expected("true or false"))),
  permissions: v.optional(permissionSchema()),
  apiKeys: v.optional(secretList(secret())),
  webhook: v.optional(webhookSchema),
  ask: v.optional(askSchema),
  logLevel: v.optional(choice(logLevels)),
  logFormat: v.optional(choice(logFormats)),
  data: v.optional(text("the path of a directory", /./)),
  durability: v.optional(choice(durabilities)),
  // Without the value: it may hold a password.
  broker: v.optional(
    v.pipe(
      v.string("must be an address such as redis://HOST:PORT"),
      v.check((address) => engineOf(address) !== undefined, `must begin with ${brokerProtocols}`),
    ),
  ),
  brokerCa: v.optional(text("the path of a file", /./)),
  brokerKeyFile: v.optional(text("the path of a file", /./)),
  tls: v.optional(
    v.pipe(
      isObject,
      v.strictObject({ cert: v.optional(text("the path of a file", /./)), key: v.optional(text("the path of a file", /./)) }),
    ),
  ),
  workers: v.optional(whole(1, 256)),
  scaledrone: v.optional(scaledroneSchema),
  sockjs: v.optional(
    members({
      serve: v.optional(choice(onOff)),
      path: v.optional(text('one name of letters, digits, "-" and "_"', /^[\w-]+$/)),
      replyMs: v.optional(whole(0, 600_000)),
    }),
  ),
  drainMs: v.optional(whole(0, 600_000)),
  drainDelayMs: v.optional(whole(0, 600_000)),
  drainSpreadMs: v.optional(whole(0, 600_000)),
  drainCode: v.optional(v.picklist([1001, 1012] as const, expected("1001 or 1012"))),
  drainRetryMs: v.optional(whole(0, 600_000)),
  sessionTtlMs: v.optional(whole(0, 86_400_000)),
  limits: v.optional(limitsSchema),
  history: v.optional(
    members({
      messages: v.optional(historySchemas.messages),
      bytes: v.optional(historySchemas.bytes),
      ageMs: v.optional(historySchemas.ageMs),
    }),
  ),
  heartbeat: v.optional(
    members({
      intervalMs: v.optional(whole(1000, 600_000)),
      timeoutMs: v.optional(whole(1000, 600_000)),
      minIntervalMs: v.optional(whole(1000, 600_000)),
      maxIntervalMs: v.optional(whole(1000, 600_000)),
    }),
  ),
  rooms: v.optional(v.pipe(isObject, v.record(text("a pattern of room names of 1 to 255 characters", /^.{1,255}$/u), ruleSchema()))),
});

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
