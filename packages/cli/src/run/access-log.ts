/** The levels of websocketd, the most talkative first. */
export const logLevels = ["debug", "trace", "access", "info", "error", "fatal", "none"] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ["text", "json"] as const;
export type LogFormat = (typeof logFormats)[number];

/** What a line is about, in the order in which it is shown. */
export type LogFields = Readonly<Record<string, string | number | undefined>>;

/** Where lines go: the process's standard output, or a test's. */
export interface LogSink {
  write(text: string): unknown;
  /** Bytes that nobody has taken yet. */
  readonly writableLength?: number;
}

/** How a log is made. */
export interface AccessLogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly sink: LogSink;
  readonly now?: () => Date;
}

/** So many bytes may wait for a reader of the log that has stopped; what comes then is counted and left out, for no program may stand still for it. */
const mostWaitingBytes = 1_048_576;

/**
 * The log of `openline run`: lines as websocketd writes them, `time | LEVEL | category | name:'value' … | text`, or JSON. Control characters are escaped, and
 * values of query parameters that look like secrets are masked (R13).
 */
export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #least: number;
  #leftOut = 0;

  constructor(options: AccessLogOptions) {
    this.#options = options;
    this.#least = logLevels.indexOf(options.level);
  }

  write(level: Exclude<LogLevel, "none">, category: string, text: string, fields: LogFields = {}): void {
    if (logLevels.indexOf(level) < this.#least) return;
    const { sink } = this.#options;
    if ((sink.writableLength ?? 0) > mostWaitingBytes) return void this.#leftOut++;
    if (this.#leftOut > 0) {
      const count = this.#leftOut;
      this.#leftOut = 0;
      sink.write(this.#line("error", "log", `${count} lines were left out: nobody read the log`, {}));
    }
    sink.write(this.#line(level, category, text, fields));
  }

  #line(level: string, category: string, text: string, fields: LogFields): string {
    const now = this.#options.now?.() ?? new Date();
    const known = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, masked(name, value)] as const]));
    if (this.#options.format === "json") {
      return `${JSON.stringify({ time: now.toISOString(), level, category, ...Object.fromEntries(known), text })}\n`;
    }
    const shown = known.map(([name, value]) => `${name}:'${escaped(String(value))}'`).join(" ");
    return `${rfc1123z(now)} | ${level.toUpperCase().padEnd(6)} | ${category.padEnd(10)} | ${shown} | ${escaped(text)}\n`;
  }
}

const secretParameter =
  /([?&](?:[\w-]*(?:token|secret|password|passwd|signature|ticket|session|apikey|api_key|api-key)|key|auth|jwt|code|sig)=)[^&#]*/gi;

/** A URL without what may let somebody in. */
function masked(name: string, value: string | number): string | number {
  return name === "url" && typeof value === "string" ? value.replaceAll(secretParameter, "$1***") : value;
}

/** A line stays a line, and a terminal is told nothing. */
function escaped(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    character === "\t" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const two = (value: number): string => String(value).padStart(2, "0");

/** As Go's `time.RFC1123Z` writes local time: `Sat, 21 Nov 2026 14:10:00 +0000`. */
function rfc1123z(time: Date): string {
  const offset = -time.getTimezoneOffset();
  const local = new Date(time.getTime() + offset * 60_000).toUTCString().replace(" GMT", "");
  const minutes = Math.abs(offset);
  return `${local} ${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}
