import { formatExtensions, parseExtensions } from "@openline/protocol";

/** Parameters of one offer, as `ws` shapes them: each name with all its values, `true` where there is none. */
export type ExtensionParameters = Record<string, (string | true)[]>;

/** What {@link extension.format} takes: a parameter with one value or several. */
export type LooseParameters = Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>;

/** Reads the value of a `Sec-WebSocket-Extensions` field: for each extension its offers, most wanted first. @throws SyntaxError */
function parse(field: string): Record<string, ExtensionParameters[]> {
  const list = parseExtensions(field);
  if (list === undefined) throw new SyntaxError(`Invalid Sec-WebSocket-Extensions value: ${JSON.stringify(field)}`);
  const offers = empty<ExtensionParameters[]>();
  for (const { name, params } of list) {
    const parameters = empty<(string | true)[]>();
    for (const [key, value] of params) (parameters[key] ??= []).push(value);
    (offers[name] ??= []).push(parameters);
  }
  return offers;
}

/** Writes such a field: for each extension one offer or several. @throws UsageError `USAGE_EXTENSION` when a part is not a token */
function format(extensions: Readonly<Record<string, LooseParameters | readonly LooseParameters[]>>): string {
  return formatExtensions(
    Object.entries(extensions).flatMap(([name, offers]) =>
      asList<LooseParameters>(offers).map((offer) => ({ name, params: pairs(offer) })),
    ),
  );
}

function pairs(offer: LooseParameters): [string, string | true][] {
  return Object.entries(offer).flatMap(([key, values]) =>
    asList<string | number | boolean>(values).map((value): [string, string | true] => [key, value === true ? true : String(value)]),
  );
}

function asList<T>(value: T | readonly T[]): readonly T[] {
  return isList(value) ? value : [value];
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** A record for names that come from the peer: `__proto__` and `constructor` are names like any other. */
export function empty<T>(): Record<string, T> {
  const record: Record<string, T> = {};
  Object.setPrototypeOf(record, null);
  return record;
}

/** The field `Sec-WebSocket-Extensions`, read and written, in the shapes of `ws`. */
export const extension: { readonly parse: typeof parse; readonly format: typeof format } = Object.freeze({ parse, format });
