/**
 * Header fields by lower-case name, repeats joined with `", "`, as `node:http` gives them. An array counts as its joined elements.
 */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One field to send. */
export type Field = readonly [name: string, value: string];

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters that may not occur
// oxlint-disable-next-line no-control-regex
const FORBIDDEN_IN_VALUE = /[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/;

/** Whether the text is a `token` (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Whether the text may stand as a field's value in one line: no control characters, Latin-1 only (RFC 9110 §5.5). */
export function isFieldValue(text: string): boolean {
  return !FORBIDDEN_IN_VALUE.test(text);
}

/** The value of a field, trimmed; undefined when it is absent. */
export function fieldValue(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  return (typeof value === "string" ? value : value.join(", ")).trim();
}

/** Whether a comma-separated field holds the token; letter case does not count (RFC 6455 §4.2.1). `token` is given in lower case. */
export function hasToken(value: string | undefined, token: string): boolean {
  if (value === undefined) return false;
  return value.split(",").some((element) => element.trim().toLowerCase() === token);
}
