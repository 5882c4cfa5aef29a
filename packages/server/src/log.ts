import pino, { type DestinationStream, type Logger } from "pino";
import type { logFormats, logLevels } from "./setting-entries/setting-choices.ts";

export type { Logger };

/** What {@link createLog} is built from. */
export interface LogOptions {
  readonly level?: (typeof logLevels)[number];
  /** `text`: one line for people; `json`: one object per line; `auto` (default): text when `terminal` is set. */
  readonly format?: (typeof logFormats)[number];
  readonly terminal?: boolean;
  /** Where the lines go; standard output by default. */
  readonly destination?: { write(line: string): void };
}

// Fields that may hold a secret, wherever somebody puts them. Their values never reach a line (R13).
const secrets = ["authorization", "cookie", "token", "apiKey", "apiKeys", "resume", "secret", "password"];
const redactedPaths = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** The server's log: pino underneath. In text form a line is `time LEVEL message key=value …`. */
export function createLog({ level = "info", format = "auto", terminal = false, destination }: LogOptions = {}): Logger {
  const out: DestinationStream = destination ?? pino.destination({ dest: 1, sync: true });
  const text = format === "text" || (format === "auto" && terminal);
  const options = {
    level,
    base: null,
    redact: { paths: redactedPaths, censor: "[redacted]" },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, text ? textStream(out, terminal) : out);
}

const colours: Readonly<Record<string, number>> = { trace: 90, debug: 90, info: 32, warn: 33, error: 31, fatal: 31 };

function textStream(out: DestinationStream, coloured: boolean): DestinationStream {
  return { write: (line: string): void => out.write(`${renderLine(JSON.parse(line), coloured)}\n`) };
}

/** Renders one record for people. Control characters in values stay escaped, so that a client cannot forge lines or colours. */
export function renderLine({ level, time, msg, ...rest }: Record<string, unknown>, coloured: boolean): string {
  const name = String(level);
  const label = name.toUpperCase().padEnd(5);
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const fields = Object.entries(rest).map(([key, value]) => `${key}=${renderValue(value)}`);
  return [
    clock,
    coloured ? `\u001b[${colours[name] ?? 0}m${label}\u001b[0m` : label,
    renderText(typeof msg === "string" ? msg : ""),
    ...fields,
  ].join(" ");
}

const renderText = (text: string): string =>
  text.replace(/\p{Cc}/gu, (control) => `\\u00${control.charCodeAt(0).toString(16).padStart(2, "0")}`);

function renderValue(value: unknown): string {
  if (isError(value)) return renderText((value.stack ?? value.message).replace(/\n\s*/g, " | "));
  return typeof value === "string" && /^[\w./:@[\]-]+$/.test(value) ? value : renderText(JSON.stringify(value) ?? "undefined");
}

function isError(value: unknown): value is { message: string; stack?: string } {
  return typeof value === "object" && value !== null && "message" in value && "stack" in value;
}
