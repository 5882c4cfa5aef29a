import { Fault } from "./field-reader.ts";
import { formatLimits } from "./limits.ts";
import type { Json } from "./messages.ts";
import { isVisibleAscii, shorten } from "./text.ts";

/** Checks one value and gives it back. `at` is its place in the message, for the text of the fault. @throws Fault `bad-message`. */
export type Rule<T> = (value: unknown, at: string) => T;

/** An object's fields with their rules, in the order of the wire; an optional field's name ends in a question mark. */
export type Shape<T> = {
  readonly [K in keyof T as K extends string ? (Partial<Pick<T, K>> extends Pick<T, K> ? `${K}?` : K) : never]-?: Rule<
    Exclude<T[K], undefined>
  >;
};

/** A string. */
export const text: Rule<string> = (value, at) => (typeof value === "string" ? value : refuse(at, "a string", value));

/** `true` or `false`. */
export const flag: Rule<boolean> = (value, at) => (typeof value === "boolean" ? value : refuse(at, "true or false", value));

/** A whole number from 0 on; -0 is 0. */
export const integer: Rule<number> = (value, at) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0
    ? value + 0
    : refuse(at, `an integer from 0 to ${Number.MAX_SAFE_INTEGER}`, value);

/** A position, a session's id or secret: visible ASCII. */
export const opaque: Rule<string> = (value, at) => {
  const { opaqueChars } = formatLimits;
  const given = text(value, at);
  return given.length <= opaqueChars && isVisibleAscii(given) ? given : refuse(at, `1 to ${opaqueChars} visible ASCII characters`, value);
};

/** Any JSON value. Its depth and its numbers were checked by the server, when it took them: looking at each again would be the receiver's loss. */
export const json: Rule<Json> = (value, at) => (value === undefined ? refuse(at, "a JSON value", value) : value);

/** An object of this shape; only fields of the shape are kept, and only own ones are read. */
export function object<T>(shape: Shape<T>): Rule<T> {
  const fields = Object.entries<Rule<unknown>>(shape).map(([key, rule]) => [key.replace("?", ""), key.endsWith("?"), rule] as const);
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(at || "the message", "an object", value);
    const kept: Record<string, unknown> = {};
    for (const [name, isOptional, rule] of fields) {
      const own: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
      // JSON has no undefined: a field that is there has a value.
      if (own !== undefined || !isOptional) kept[name] = rule(own, at === "" ? name : `${at}.${name}`);
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each field of T has its rule in the shape, by the type of Shape
    return kept as T;
  };
}

/** An array of such values. */
export function list<T>(rule: Rule<T>): Rule<T[]> {
  return (value, at) => (Array.isArray(value) ? value.map((item, index) => rule(item, `${at}[${index}]`)) : refuse(at, "an array", value));
}

function refuse(at: string, wanted: string, value: unknown): never {
  throw new Fault("bad-message", `${at} must be ${wanted}, got ${shorten(value)}`);
}
