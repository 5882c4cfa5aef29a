import { apiScopes } from "../api-keys.ts";
import type { SettingEntry } from "./setting-entry.ts";

/** Where the server listens, and to whom it is open. */
export const listeningEntries: readonly SettingEntry[] = [
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
    help: "address to listen on; localhost means 127.0.0.1 and ::1, reachable from this machine only. Any other address needs --api-key, --jwt-… or --anonymous",
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
    fallback: "on for localhost without --jwt-…, off elsewhere",
  },
  {
    path: ["apiKeys"],
    flag: "api-key",
    variable: "OPENLINE_API_KEY",
    kind: "list",
    value: "key",
    secret: "whole",
    help: `ask for this key (Authorization: Bearer KEY) on every call of the HTTP API and, where --anonymous is off, on every WebSocket handshake; SCOPE+SCOPE:KEY is a key for these only: ${apiScopes.join(", ")}. The process list shows flags: prefer the variable`,
  },
];
