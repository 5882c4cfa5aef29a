import { exceedsBytes, formatLimits } from "./limits.ts";
import type { Json, WireFault } from "./messages.ts";
import { checkName, isVisibleAscii, shorten } from "./text.ts";

type Code = WireFault["code"];

/** Carries a {@link WireFault} up to the parse function; never leaves this package. */
export class Fault extends Error {
  readonly code: Code;

  constructor(code: Code, message: string) {
    super(message);
    this.code = code;
  }
}

/** One object of the wire: its fields are read through it, each with its check. Reads own properties only. */
export class FieldReader {
  readonly #object: object;
  readonly #at: string;

  constructor(value: unknown, at = "") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Fault("bad-message", `${at === "" ? "the message" : at} must be an object, got ${shorten(value)}`);
    }
    this.#object = value;
    this.#at = at;
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#object, field);
  }

  /** The field as it is, `undefined` when it is missing. */
  raw(field: string): unknown {
    return this.has(field) ? Reflect.get(this.#object, field) : undefined;
  }

  text(field: string): string {
    const value = this.raw(field);
    return typeof value === "string" ? value : this.#refuse(field, "a string", value);
  }

  flag(field: string): boolean {
    const value = this.raw(field);
    return typeof value === "boolean" ? value : this.#refuse(field, "true or false", value);
  }

  integer(field: string, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.raw(field);
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most) return value + 0;
    return this.#refuse(field, `an integer from 0 to ${most}`, value);
  }

  name(field: string, limit: number): string {
    const value = this.text(field);
    const wrong = checkName(value, limit);
    if (wrong !== undefined) throw new Fault("bad-name", `${this.#path(field)} ${wrong}`);
    return value;
  }

  /** An opaque text of visible ASCII: a position, a session id, a publish id. */
  opaque(field: string, most: number = formatLimits.opaqueChars): string {
    const value = this.text(field);
    if (value.length <= most && isVisibleAscii(value)) return value;
    return this.#refuse(field, `1 to ${most} visible ASCII characters`, value);
  }

  /** A text that must not be shown: a fault tells what is allowed, never what came. */
  secret(field: string, mostBytes: number): string {
    const value = this.raw(field);
    if (typeof value === "string" && !exceedsBytes(value, mostBytes)) return value;
    throw new Fault("bad-message", `${this.#path(field)} must be a string of at most ${mostBytes} bytes`);
  }

  /** Any JSON value that can be encoded again; the field must be there. */
  json(field: string): Json {
    if (!this.has(field)) return this.#refuse(field, "a JSON value", undefined);
    const value = this.raw(field);
    checkJson(value, this.#path(field), 0);
    return value;
  }

  object(field: string): FieldReader {
    return new FieldReader(this.raw(field), this.#path(field));
  }

  list<T>(field: string, read: (item: FieldReader) => T): T[] {
    const value = this.raw(field);
    if (!Array.isArray(value)) return this.#refuse(field, "an array", value);
    return value.map((item, index) => read(new FieldReader(item, `${this.#path(field)}[${index}]`)));
  }

  #refuse(field: string, wanted: string, value: unknown): never {
    throw new Fault("bad-message", `${this.#path(field)} must be ${wanted}, got ${shorten(value)}`);
  }

  #path(field: string): string {
    return this.#at === "" ? field : `${this.#at}.${field}`;
  }
}

/** `JSON.parse` gives Infinity for 1e999 and goes deeper than `JSON.stringify` can follow: both are refused here. */
function checkJson(value: unknown, path: string, depth: number): void {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Fault("bad-message", `${path} has a number beyond the range of a double`);
  }
  if (typeof value !== "object" || value === null) return;
  if (depth === formatLimits.dataDepth) throw new Fault("bad-message", `${path} nests deeper than the limit of ${formatLimits.dataDepth}`);
  for (const item of Array.isArray(value) ? value : Object.values(value)) checkJson(item, path, depth + 1);
}
