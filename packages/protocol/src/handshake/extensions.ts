import { UsageError } from "../errors.ts";
import { isToken } from "./fields.ts";

/** One extension with its parameters, in the order they were written; a parameter without a value is `true`. */
export interface Extension {
  readonly name: string;
  readonly params: readonly (readonly [name: string, value: string | true])[];
}

/**
 * The extensions in a `Sec-WebSocket-Extensions` field, most wanted first; undefined when the field breaks the grammar. A quoted value
 * is unquoted, and must be a token afterwards (RFC 6455 §9.1).
 */
export function parseExtensions(value: string): Extension[] | undefined {
  const reader = new Reader(value);
  const list: Extension[] = [];
  do {
    const extension = readExtension(reader);
    if (extension === undefined) return undefined;
    list.push(extension);
  } while (reader.take(","));
  return reader.atEnd ? list : undefined;
}

function readExtension(reader: Reader): Extension | undefined {
  const name = reader.token();
  if (name === "") return undefined;
  const params: [string, string | true][] = [];
  while (reader.take(";")) {
    const param = reader.token();
    if (param === "") return undefined;
    if (!reader.take("=")) {
      params.push([param, true]);
      continue;
    }
    const value = reader.tokenOrQuoted();
    if (value === "") return undefined;
    params.push([param, value]);
  }
  return { name, params };
}

/** Writes extensions as the value of a field (RFC 6455 §9.1). @throws UsageError `USAGE_EXTENSION` when a part is not a token */
export function formatExtensions(list: readonly Extension[]): string {
  return list.map(formatExtension).join(", ");
}

function formatExtension(extension: Extension): string {
  const parts = [mustBeToken(extension.name)];
  for (const [name, value] of extension.params) {
    parts.push(value === true ? mustBeToken(name) : `${mustBeToken(name)}=${mustBeToken(value)}`);
  }
  return parts.join("; ");
}

function mustBeToken(text: string): string {
  if (!isToken(text)) throw new UsageError("USAGE_EXTENSION", { value: JSON.stringify(text) });
  return text;
}

/** A cursor over a field's value; white space around tokens and separators is skipped. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#text.length;
  }

  take(separator: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== separator) return false;
    this.#at++;
    return true;
  }

  /** The token at the cursor, or "" when there is none. */
  token(): string {
    this.#skipSpace();
    const start = this.#at;
    while (this.#at < this.#text.length && isToken(this.#text[this.#at]!)) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  tokenOrQuoted(): string {
    if (!this.take('"')) return this.token();
    let value = "";
    for (;;) {
      const char = this.#text[this.#at++];
      if (char === undefined) return "";
      if (char === '"') return isToken(value) ? value : "";
      value += char === "\\" ? (this.#text[this.#at++] ?? "") : char;
    }
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }
}
