import { CommandFailure } from "../failure.ts";
import { type LogFormat, type LogLevel, logFormats, logLevels } from "./access-log.ts";
import { FlagValues, type HeaderField, within } from "./flag-values.ts";
import { type OriginRules, originRules } from "./origin-rules.ts";
import { findProgram } from "./program-path.ts";
import type { RunFlagValues } from "./run-flags.ts";

/** Which program serves whom. */
export type RunMode =
  | { readonly kind: "per-connection" }
  | { readonly kind: "shared" }
  | { readonly kind: "pool"; readonly size: number }
  | { readonly kind: "per-room" };

/** When a shared process that ended is started again. */
const restartRules = ["always", "on-failure", "never"] as const;

/** What `openline run` was asked for, checked. Times in milliseconds; without a limit it is `Infinity`. */
export interface RunSettings {
  /** Found in PATH; undefined with `dir`. */
  readonly command: { readonly file: string; readonly args: readonly string[] } | undefined;
  readonly dir: string | undefined;
  readonly port: number;
  /** Empty: loopback. */
  readonly addresses: readonly string[];
  /** False when only the Unix socket is wanted. */
  readonly listensOnPort: boolean;
  readonly unixSocket: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string | undefined } | undefined;
  readonly redirectPort: number | undefined;
  readonly staticDir: string | undefined;
  readonly cgiDir: string | undefined;
  readonly hasConsole: boolean;
  /** Of WebSocket handshakes, and of plain HTTP answers. */
  readonly headers: { readonly webSocket: readonly HeaderField[]; readonly http: readonly HeaderField[] };
  readonly mode: RunMode;
  /** A query parameter's name; undefined for the path. */
  readonly roomParameter: string | undefined;
  readonly lingerMs: number;
  readonly restart: (typeof restartRules)[number];
  readonly restartMs: number;
  readonly replay: number;
  readonly slowMs: number;
  readonly hub: { readonly room: string; readonly history: number } | undefined;
  readonly binary: boolean;
  readonly envelope: boolean;
  readonly passStderr: boolean;
  readonly invalidUtf8: "replace" | "close";
  readonly subprotocols: readonly string[];
  readonly compression: boolean;
  readonly passEnv: readonly string[];
  readonly reverseLookup: boolean;
  readonly maxForks: number;
  readonly maxFrameBytes: number;
  readonly maxLineBytes: number;
  readonly maxLineRate: number;
  readonly maxByteRate: number;
  readonly closeMs: number;
  /** 0 for no pings. */
  readonly pingMs: number;
  readonly origins: OriginRules;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

const defaultPassEnv: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ["PATH", "DYLD_LIBRARY_PATH"],
  linux: ["PATH", "LD_LIBRARY_PATH"],
  win32: ["PATH", "SystemRoot", "COMSPEC", "PATHEXT", "WINDIR"],
};

/**
 * Checks the flags of `openline run`; `searchPath` is the PATH in which the command is looked for.
 * @throws CommandFailure with the exit codes of websocketd: 1 what is missing or does not go together, 2 a value that is none, 4 a console beside files
 */
export function readRunSettings(flags: RunFlagValues, command: readonly string[], searchPath: string): RunSettings {
  const values = new FlagValues(flags);
  const dir = values.directory("dir");
  const mode = readMode(values);
  checkTogether(values, command, mode);
  const tls = readTls(values);
  const unixSocket = values.text("unixsocket");
  const isForPort = unixSocket === undefined || ["port", "address", "redirport"].some((name) => values.has(name));
  return {
    command: dir === undefined ? readCommand(command, searchPath, mode) : undefined,
    dir,
    port: values.whole("port", tls === undefined ? 80 : 443, 0, 65_535),
    addresses: readAddresses(values),
    listensOnPort: isForPort,
    unixSocket,
    tls,
    redirectPort: values.has("redirport") ? values.whole("redirport", 0, 1, 65_535) : undefined,
    staticDir: values.directory("staticdir"),
    cgiDir: values.directory("cgidir"),
    hasConsole: values.isOn("devconsole"),
    headers: readHeaders(values),
    mode,
    roomParameter: readRoomBy(values),
    ...readSharing(values, mode),
    ...readData(values),
    ...readLimits(values),
    passEnv: readPassEnv(values),
    reverseLookup: values.isOn("reverselookup"),
    origins: readOrigins(values),
    logLevel: values.choice("loglevel", logLevels, "access", 1),
    logFormat: values.choice("log-format", logFormats, "text", 2),
  };
}

function readCommand([name, ...args]: readonly string[], searchPath: string, mode: RunMode): RunSettings["command"] {
  if (name === undefined) {
    throw new CommandFailure("there is no program to run: openline run [options] COMMAND, or --dir=DIR; --help has examples", 1);
  }
  const file = findProgram(name, searchPath);
  if (file !== undefined) return { file, args };
  // `--mode pool 3 ./program` reads well, but Go's flags take one word.
  const advice = mode.kind === "pool" && /^\d+$/.test(name) ? `; a pool of ${name} is --mode=pool:${name}` : "";
  throw new CommandFailure(`there is no program ${JSON.stringify(name)} that can be run, here or in PATH${advice}`, 1);
}

/** An empty one would be all addresses of the machine: a variable without a value must not open it. */
function readAddresses(values: FlagValues): readonly string[] {
  const addresses = values.list("address");
  if (!addresses.some((address) => address.trim() === "")) return addresses;
  throw new CommandFailure('--address must be an address, such as 127.0.0.1, not ""; 0.0.0.0 and [::] are for everybody', 2);
}

function readPassEnv(values: FlagValues): readonly string[] {
  const names = values.text("passenv")?.split(",").filter(Boolean);
  const wrong = names?.find((name) => /[=\s]/.test(name));
  if (wrong !== undefined)
    throw new CommandFailure(`--passenv takes names of variables with commas between, not ${JSON.stringify(wrong)}`, 2);
  return names ?? defaultPassEnv[process.platform] ?? ["PATH"];
}

function readMode(values: FlagValues): RunMode {
  const text = values.given("mode") ?? "per-connection";
  const [, kind, size] = /^(per-connection|shared|pool|per-room)(?:[ :=](\d+))?$/.exec(text) ?? [];
  if (kind === "pool") return { kind, size: within("--mode=pool", Number(size ?? 4), 1, 1024) };
  if (size === undefined && (kind === "per-connection" || kind === "shared" || kind === "per-room")) return { kind };
  throw new CommandFailure(`--mode must be per-connection, shared, "pool N" or per-room, not ${JSON.stringify(text)}`, 2);
}

type Conflict = readonly [isSo: boolean, message: string, exitCode: 1 | 4];

function checkTogether(values: FlagValues, command: readonly string[], mode: RunMode): void {
  const has = (name: string): boolean => values.has(name);
  const isPerConnection = mode.kind === "per-connection";
  const shared = ["replay", "restart", "restart-ms", "slow-ms"].find(has);
  const conflicts: readonly Conflict[] = [
    [has("devconsole") && (has("staticdir") || has("cgidir")), "--devconsole does not go with --staticdir or --cgidir", 4],
    [has("dir") && command.length > 0, `--dir takes the place of the program ${JSON.stringify(command[0])}: give one of them`, 1],
    [has("binary") && has("passstderr"), "--passstderr does not go with --binary", 1],
    [has("binary") && has("envelope"), "--envelope is lines of JSON: it does not go with --binary", 1],
    [has("envelope") && has("passstderr"), "--passstderr does not go with --envelope", 1],
    [isPerConnection && !has("hub") && shared !== undefined, `--${shared} is for shared processes: add --mode=shared`, 1],
    [mode.kind !== "per-room" && (has("room-by") || has("linger-ms")), "--room-by and --linger-ms are for --mode=per-room", 1],
    [has("hub") && has("mode") && mode.kind !== "shared", "--hub is one process for all: leave --mode out", 1],
    [has("hub") && (has("binary") || has("dir")), "--hub takes lines of one program: it does not go with --binary or --dir", 1],
    [!has("hub") && (has("hub-room") || has("hub-history")), "--hub-room and --hub-history are for --hub", 1],
    [has("sslca") && !has("ssl"), "--sslca is for --ssl", 1],
  ];
  for (const [isSo, message, exitCode] of conflicts) if (isSo) throw new CommandFailure(message, exitCode);
}

function readTls(values: FlagValues): RunSettings["tls"] {
  const cert = values.text("sslcert");
  const key = values.text("sslkey");
  if (!values.isOn("ssl") && cert === undefined && key === undefined) return undefined;
  if (values.isOn("ssl") && cert !== undefined && key !== undefined) return { cert, key, ca: values.text("sslca") };
  throw new CommandFailure("TLS needs all three: --ssl, --sslcert=FILE and --sslkey=FILE", 1);
}

function readHeaders(values: FlagValues): RunSettings["headers"] {
  const both = values.fields("header");
  return { webSocket: [...both, ...values.fields("header-ws")], http: [...both, ...values.fields("header-http")] };
}

function readRoomBy(values: FlagValues): string | undefined {
  const by = values.text("room-by") ?? "path";
  return by === "path" ? undefined : by;
}

type Sharing = Pick<RunSettings, "lingerMs" | "restart" | "restartMs" | "replay" | "slowMs" | "hub">;

function readSharing(values: FlagValues, mode: RunMode): Sharing {
  const isShared = mode.kind !== "per-connection" || values.isOn("hub");
  const room = values.text("hub-room") ?? "program";
  return {
    lingerMs: mode.kind === "per-room" ? values.whole("linger-ms", 5000, 0, mostMs) : 0,
    restart: isShared ? values.choice("restart", restartRules, "always", 2) : "never",
    restartMs: values.whole("restart-ms", 250, 1, 30_000),
    replay: values.whole("replay", 0, 0, 100_000),
    slowMs: isShared ? values.whole("slow-ms", 5000, 0, mostMs) : Number.POSITIVE_INFINITY,
    hub: values.isOn("hub") ? { room, history: values.whole("hub-history", 1000, 0, 1_000_000) } : undefined,
  };
}

type Data = Pick<RunSettings, "binary" | "envelope" | "passStderr" | "invalidUtf8" | "subprotocols" | "compression">;

function readData(values: FlagValues): Data {
  return {
    binary: values.isOn("binary"),
    envelope: values.isOn("envelope"),
    passStderr: values.isOn("passstderr"),
    invalidUtf8: values.choice("invalid-utf8", ["replace", "close"], "replace", 2),
    subprotocols: readSubprotocols(values),
    compression: values.choice("compression", ["on", "off"], "on", 2) === "on",
  };
}

function readSubprotocols(values: FlagValues): readonly string[] {
  const names = values.list("subprotocol");
  const wrong = names.find((name) => !token.test(name));
  if (wrong === undefined) return names;
  throw new CommandFailure(`--subprotocol must be one name without spaces and separators (RFC 6455 §4.1), not ${JSON.stringify(wrong)}`, 2);
}

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+.^`|~\w-]+$/;

type Limits = Pick<RunSettings, "maxForks" | "maxFrameBytes" | "maxLineBytes" | "maxLineRate" | "maxByteRate" | "closeMs" | "pingMs">;

function readLimits(values: FlagValues): Limits {
  return {
    maxForks: orNoLimit(values.whole("maxforks", 1024, -1_000_000, 1_000_000)),
    maxFrameBytes: values.whole("maxframesize", 1_048_576, 0, 2 ** 31),
    maxLineBytes: values.whole("max-line-bytes", 16_777_216, 1, 2 ** 29),
    maxLineRate: values.has("max-line-rate") ? values.whole("max-line-rate", 0, 1, 1e9) : Number.POSITIVE_INFINITY,
    maxByteRate: values.has("max-byte-rate") ? values.whole("max-byte-rate", 0, 1, 1e12) : Number.POSITIVE_INFINITY,
    closeMs: values.whole("closems", 0, 0, mostMs),
    pingMs: values.whole("pingms", 25_000, 0, mostMs),
  };
}

function readOrigins(values: FlagValues): OriginRules {
  const rules = originRules({
    sameOrigin: values.isOn("sameorigin"),
    list: values.text("origin"),
    isForThisMachine: values.list("address").length === 0,
  });
  if (typeof rules === "string") throw new CommandFailure(rules, 2);
  return rules;
}

const orNoLimit = (value: number): number => (value <= 0 ? Number.POSITIVE_INFINITY : value);

/** A day: nobody means more. */
const mostMs = 86_400_000;
