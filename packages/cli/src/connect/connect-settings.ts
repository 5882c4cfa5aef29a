import { readFileSync, statSync } from "node:fs";
import type { ClientOptions } from "@openline/ws";
import { CommandFailure } from "../failure.ts";
import type { ConnectFlagValues } from "./connect-flags.ts";

/** What `openline connect` was asked for, checked. Times in milliseconds. */
export interface ConnectSettings {
  readonly url: string;
  readonly subprotocols: readonly string[];
  /** For the WebSocket class: header fields, TLS, limits. */
  readonly options: ClientOptions;
  readonly http2: boolean;
  readonly pingMs: number | undefined;
  readonly reconnect: boolean;
  readonly sockjs: { readonly answer: "h" | "empty" | "none" } | undefined;
  readonly hub:
    | { readonly room: string; readonly user: string | undefined; readonly token: string | undefined; readonly rewind: number }
    | undefined;
  readonly send: readonly (string | Buffer)[];
  readonly listen: boolean;
  readonly count: number | undefined;
  readonly forMs: number | undefined;
  readonly quietMs: number;
  readonly raw: boolean;
  readonly binary: "hex" | "base64" | "raw";
  readonly saveTo: string | undefined;
  readonly frames: boolean;
  readonly handshake: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Checks the flags of `openline connect`.
 * @throws CommandFailure with exit code 2 and the offending value
 */
export function readConnectSettings(url: string, flags: ConnectFlagValues, environment: Environment): ConnectSettings {
  const room = text(flags, "join");
  const settings: ConnectSettings = {
    url: addressOf(url, text(flags, "unix")),
    subprotocols: list(flags, "subprotocol"),
    options: readOptions(flags, environment),
    http2: flags["http2"] === true,
    pingMs: whole(flags, "ping", 10, 86_400_000),
    reconnect: flags["reconnect"] === true,
    sockjs: flags["sockjs"] === true ? { answer: choice(flags, "heartbeat-answer", ["h", "empty", "none"]) } : undefined,
    hub: room === undefined ? undefined : readHub(room, flags, environment),
    send: [...list(flags, "send"), ...readSendFile(text(flags, "send-file"))],
    listen: flags["listen"] === true,
    count: whole(flags, "count", 1, 1e9),
    forMs: whole(flags, "for", 1, 2_147_483_647),
    quietMs: whole(flags, "quiet-ms", 0, 86_400_000) ?? 1000,
    raw: flags["raw"] === true,
    binary: choice(flags, "binary", ["hex", "base64", "raw"]),
    saveTo: readSaveTo(text(flags, "save")),
    frames: flags["frames"] === true,
    handshake: flags["handshake"] === true,
  };
  checkTogether(settings, flags);
  return settings;
}

function checkTogether({ hub, sockjs, http2, frames, handshake }: ConnectSettings, flags: ConnectFlagValues): void {
  const has = (name: string): boolean => flags[name] !== undefined && flags[name] !== false;
  const conflicts: readonly (readonly [isSo: boolean, message: string])[] = [
    [hub !== undefined && sockjs !== undefined, "--join and --sockjs exclude each other"],
    [hub === undefined && ["user", "token", "rewind"].some(has), "--user, --token and --rewind are for --join"],
    [hub !== undefined && has("subprotocol"), "--join offers the hub's own subprotocol: leave --subprotocol out"],
    [hub !== undefined && (has("send-file") || has("ping")), "--send-file and --ping are not for --join"],
    [sockjs === undefined && has("heartbeat-answer"), "--heartbeat-answer is for --sockjs"],
    [http2 && (frames || handshake), "--frames and --handshake show HTTP/1.1: leave --http2 out"],
    [http2 && has("unix"), "--http2 does not go with --unix"],
    [has("cert") !== has("key"), "--cert and --key belong together"],
  ];
  for (const [isSo, message] of conflicts) if (isSo) throw new CommandFailure(message, 2);
}

/** @throws CommandFailure for what is no address of a WebSocket */
function addressOf(given: string, unixPath: string | undefined): string {
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(given) || given.startsWith("ws+unix:") ? given : `ws://${given}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url === undefined || !["ws:", "wss:", "http:", "https:", "ws+unix:"].includes(url.protocol)) {
    throw new CommandFailure(`${JSON.stringify(given)} is no address of a WebSocket: ws://HOST[:PORT]/PATH, or wss, http, https`, 2);
  }
  url.hash = "";
  const href = url.href.replace(/^http/, "ws");
  return unixPath === undefined ? href : `ws+unix:${unixPath}:${url.pathname}${url.search}`;
}

function readOptions(flags: ConnectFlagValues, environment: Environment): ClientOptions {
  const unixPath = text(flags, "unix");
  const auth = text(flags, "auth") ?? environment["OPENLINE_AUTH"];
  if (auth !== undefined && !auth.includes(":")) throw new CommandFailure("--auth must look like user:password", 2);
  const maxPayload = whole(flags, "max-message-bytes", 1, 2 ** 31);
  return {
    headers: headersOf(flags),
    handshakeTimeout: whole(flags, "timeout", 1, 86_400_000) ?? 10_000,
    perMessageDeflate: flags["no-compression"] !== false,
    followRedirects: flags["follow"] === true,
    rejectUnauthorized: flags["insecure"] !== true,
    ...(maxPayload !== undefined && { maxPayload }),
    ...(text(flags, "origin") !== undefined && { origin: text(flags, "origin") }),
    ...(auth !== undefined && { auth }),
    ...(text(flags, "servername") !== undefined && { servername: text(flags, "servername") }),
    ...pem(flags, "ca"),
    ...pem(flags, "cert"),
    ...pem(flags, "key"),
    // Its URL has no host to name.
    ...(unixPath !== undefined && { headers: { Host: "localhost", ...headersOf(flags) } }),
  };
}

/** One that is given again has several values. */
function headersOf(flags: ConnectFlagValues): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of list(flags, "header").map(headerField)) {
    const before = Object.keys(fields).find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
    const values = fields[before];
    fields[before] = values === undefined ? value : [values, value].flat();
  }
  return fields;
}

function headerField(given: string): readonly [name: string, value: string] {
  const [, name, value] = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([\t\x20-\x7e]*?)[ \t]*$/.exec(given) ?? [];
  if (name === undefined || value === undefined)
    throw new CommandFailure(`--header must look like "Name: value", not ${JSON.stringify(given)}`, 2);
  return [name, value];
}

function pem(flags: ConnectFlagValues, name: "ca" | "cert" | "key"): Partial<Record<"ca" | "cert" | "key", Buffer>> {
  const file = text(flags, name);
  return file === undefined ? {} : { [name]: readable(name, file) };
}

function readHub(room: string, flags: ConnectFlagValues, environment: Environment): ConnectSettings["hub"] {
  return {
    room,
    user: text(flags, "user"),
    token: text(flags, "token") ?? environment["OPENLINE_TOKEN"],
    rewind: whole(flags, "rewind", 0, 1000) ?? 10,
  };
}

function readSendFile(file: string | undefined): readonly Buffer[] {
  return file === undefined ? [] : [readable("send-file", file)];
}

function readable(flag: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandFailure(`--${flag} ${file}: ${error instanceof Error ? error.message : String(error)}`, 2);
  }
}

function readSaveTo(dir: string | undefined): string | undefined {
  if (dir === undefined || statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true) return dir;
  throw new CommandFailure(`--save: ${dir} is no directory`, 2);
}

function text(flags: ConnectFlagValues, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function list(flags: ConnectFlagValues, name: string): readonly string[] {
  const value = flags[name];
  return Array.isArray(value) ? value.map(String) : [];
}

function whole(flags: ConnectFlagValues, name: string, least: number, most: number): number | undefined {
  const given = text(flags, name);
  if (given === undefined) return undefined;
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new CommandFailure(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(given)}`, 2);
}

/** The first name is the default. */
function choice<const Name extends string>(flags: ConnectFlagValues, name: string, names: readonly [Name, ...Name[]]): Name {
  const given = text(flags, name);
  const found = given === undefined ? names[0] : names.find((one) => one === given);
  if (found !== undefined) return found;
  throw new CommandFailure(`--${name} must be one of ${names.join(", ")}, not ${JSON.stringify(given)}`, 2);
}
