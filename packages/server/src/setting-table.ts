import { apiScopes } from "./api-keys.ts";
import { durabilities, logFormats, logLevels } from "./settings.ts";

/** One setting as it is given from outside. */
export interface SettingEntry {
  /** Where it stands in the configuration file. */
  readonly path: readonly string[];
  /** The long flag of `openline serve`. */
  readonly flag: string;
  /** The environment variable. */
  readonly variable: string;
  /** What the text of a flag or variable is turned into. A list is separated by commas, and its flag may be repeated. */
  readonly kind: "text" | "number" | "switch" | "list";
  /** What stands for the value in the help. */
  readonly value?: string;
  /** What it does, for the help. */
  readonly help: string;
  /** The default as the help names it. */
  readonly fallback?: string;
}

/** Every setting with its flag, its variable and its line of help: the command line, the environment and the documentation read this table. */
export const settingTable: readonly SettingEntry[] = [
  {
    path: ["port"],
    flag: "port",
    variable: "OPENLINE_PORT",
    kind: "number",
    value: "number",
    help: "port to listen on; 0 lets the system choose",
    fallback: "8000",
  },
  {
    path: ["host"],
    flag: "host",
    variable: "OPENLINE_HOST",
    kind: "text",
    value: "address",
    help: "address to listen on; localhost means 127.0.0.1 and ::1, reachable from this machine only. Any other address needs --api-key or --anonymous",
    fallback: "localhost",
  },
  {
    path: ["basePath"],
    flag: "base-path",
    variable: "OPENLINE_BASE_PATH",
    kind: "text",
    value: "path",
    help: "path under which everything is served, for a proxy that passes one on",
    fallback: "/",
  },
  {
    path: ["anonymous"],
    flag: "anonymous",
    variable: "OPENLINE_ANONYMOUS",
    kind: "switch",
    help: "let everyone who reaches the port join and publish over WebSocket (and over the HTTP API, if there is no --api-key)",
    fallback: "on for localhost, off elsewhere",
  },
  {
    path: ["apiKeys"],
    flag: "api-key",
    variable: "OPENLINE_API_KEY",
    kind: "list",
    value: "key",
    help: `ask for this key (Authorization: Bearer KEY) on every call of the HTTP API and, where --anonymous is off, on every WebSocket handshake; SCOPE+SCOPE:KEY is a key for these only: ${apiScopes.join(", ")}. The process list shows flags: prefer the variable`,
  },
  {
    path: ["allowedHosts"],
    flag: "allowed-host",
    variable: "OPENLINE_ALLOWED_HOST",
    kind: "list",
    value: "name",
    help: "a further Host to answer to, with any port, or NAME:PORT with this one",
    fallback: "localhost, 127.0.0.1, [::1]",
  },
  {
    path: ["allowedOrigins"],
    flag: "allowed-origin",
    variable: "OPENLINE_ALLOWED_ORIGIN",
    kind: "list",
    value: "origin",
    help: "a further site whose pages may use this server, such as https://chat.example",
  },
  {
    path: ["publicOrigin"],
    flag: "public-origin",
    variable: "OPENLINE_PUBLIC_ORIGIN",
    kind: "text",
    value: "origin",
    help: "the origin under which a proxy shows this server; allows its host and its pages",
  },
  {
    path: ["data"],
    flag: "data",
    variable: "OPENLINE_DATA",
    kind: "text",
    value: "directory",
    help: "keep rooms in this directory, so that they survive a restart; one process at a time. Without it they live in memory. Needs the package lmdb",
  },
  {
    path: ["durability"],
    flag: "durability",
    variable: "OPENLINE_DURABILITY",
    kind: "text",
    value: "level",
    help: `what an acknowledged message in --data survives, ${durabilities.join(" or ")}: the death of the process, or a loss of power too`,
    fallback: "os",
  },
  {
    path: ["broker"],
    flag: "broker",
    variable: "OPENLINE_BROKER",
    kind: "text",
    value: "address",
    help: "share rooms with other processes over Redis 7: redis[s]://[user][:password@]host[:port][/database][?prefix=NAME&cluster=true&node=HOST:PORT]. The process list shows flags: prefer the variable for a password. Needs the package @redis/client",
  },
  {
    path: ["brokerCa"],
    flag: "broker-ca",
    variable: "OPENLINE_BROKER_CA",
    kind: "text",
    value: "file",
    help: "trust the certificates in this PEM file for --broker rediss://…, instead of those that Node trusts",
  },
  {
    path: ["logLevel"],
    flag: "log-level",
    variable: "OPENLINE_LOG_LEVEL",
    kind: "text",
    value: "level",
    help: logLevels.join(", "),
    fallback: "info",
  },
  {
    path: ["logFormat"],
    flag: "log-format",
    variable: "OPENLINE_LOG_FORMAT",
    kind: "text",
    value: "format",
    help: `${logFormats.join(", ")}: auto is text on a terminal, JSON elsewhere`,
    fallback: "auto",
  },
  {
    path: ["drainMs"],
    flag: "drain-ms",
    variable: "OPENLINE_DRAIN_MS",
    kind: "number",
    value: "ms",
    help: "how long Ctrl-C or SIGTERM waits for connections to close",
    fallback: "5000",
  },
  {
    path: ["sessionTtlMs"],
    flag: "session-ttl-ms",
    variable: "OPENLINE_SESSION_TTL_MS",
    kind: "number",
    value: "ms",
    help: "how long a session waits for its client to come back",
    fallback: "60000",
  },
  {
    path: ["limits", "messageBytes"],
    flag: "message-bytes",
    variable: "OPENLINE_MESSAGE_BYTES",
    kind: "number",
    value: "bytes",
    help: "largest message or request body",
    fallback: "65536",
  },
  {
    path: ["history", "messages"],
    flag: "history-messages",
    variable: "OPENLINE_HISTORY_MESSAGES",
    kind: "number",
    value: "count",
    help: "messages kept per room",
    fallback: "1000",
  },
  {
    path: ["history", "bytes"],
    flag: "history-bytes",
    variable: "OPENLINE_HISTORY_BYTES",
    kind: "number",
    value: "bytes",
    help: "bytes of messages kept per room",
    fallback: "8388608",
  },
  {
    path: ["history", "ageMs"],
    flag: "history-age-ms",
    variable: "OPENLINE_HISTORY_AGE_MS",
    kind: "number",
    value: "ms",
    help: "how long a message is kept",
    fallback: "3600000",
  },
  {
    path: ["heartbeat", "intervalMs"],
    flag: "heartbeat-interval-ms",
    variable: "OPENLINE_HEARTBEAT_INTERVAL_MS",
    kind: "number",
    value: "ms",
    help: "ping a connection that was silent so long",
    fallback: "25000",
  },
  {
    path: ["heartbeat", "timeoutMs"],
    flag: "heartbeat-timeout-ms",
    variable: "OPENLINE_HEARTBEAT_TIMEOUT_MS",
    kind: "number",
    value: "ms",
    help: "give it up when nothing follows within",
    fallback: "10000",
  },
];
