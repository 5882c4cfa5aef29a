import { type RoomGrants, type RuleOverrides, slowPolicies } from "@openline/hub";
import * as v from "valibot";
import { parseApiKey } from "./api-keys.ts";
import { type AskSettingsInput, askSchema, type WebhookSettingsInput, webhookSchema } from "./application-settings.ts";
import { type JwtSettingsInput, jwtSchema, type LimitsInput, limitsSchema, permissionSchema, proxySchema } from "./auth/access-settings.ts";
import { brokerProtocols, engineOf } from "./broker-address.ts";
import { normalizeOrigin } from "./origin-policy.ts";
import type { ScaledroneChannels } from "./scaledrone/channel.ts";
import { scaledroneSchema } from "./scaledrone/channel-schema.ts";
import { choice, expected, isObject, list, members, secretList, text, whole } from "./schema-parts.ts";
import { durabilities, logFormats, logLevels, onOff } from "./setting-entries/setting-choices.ts";

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
  readonly heartbeat?:
    | {
        readonly intervalMs?: number | undefined;
        readonly timeoutMs?: number | undefined;
        readonly minIntervalMs?: number | undefined;
        readonly maxIntervalMs?: number | undefined;
      }
    | undefined;
  /** Rules by pattern of room names; only in the configuration file and in code. README.md of `@openline/hub` has the patterns and their order. */
  readonly rooms?: Readonly<Record<string, RuleOverrides>> | undefined;
}

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
