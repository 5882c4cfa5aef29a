import * as v from "valibot";

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** A refusal in one wording: what would be right, and what came instead. */
export const expected =
  (what: string): ((issue: v.BaseIssue<unknown>) => string) =>
  (issue) =>
    `must be ${what}, not ${show(issue.input)}`;

/** A whole number within bounds. */
export function whole(min: number, max: number): v.GenericSchema<number> {
  const message = expected(`a whole number from ${min} to ${max}`);
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
}

/** A text that fits the pattern. */
export const text = (what: string, pattern: RegExp): v.GenericSchema<string> =>
  v.pipe(v.string(expected(what)), v.regex(pattern, expected(what)));

/** A list of such values. */
export const list = <T>(item: v.GenericSchema<T>): v.GenericSchema<T[]> => v.array(item, expected("a list"));
/** One of these texts. */
export const choice = <const T extends readonly string[]>(options: T): v.GenericSchema<T[number]> =>
  v.picklist(options, expected(`one of ${options.join(", ")}`));

/** Anything but an object is refused: valibot alone would take a list for an empty one. */
export const isObject: v.GenericSchema<unknown, object> = v.pipe(
  v.unknown(),
  v.custom<object>((value) => typeof value === "object" && value !== null && !Array.isArray(value), expected("an object of settings")),
);

/** An object with these members and no others. */
export function members<const E extends v.ObjectEntries>(
  entries: E,
): v.GenericSchema<unknown, v.InferOutput<v.StrictObjectSchema<E, undefined>>> {
  return v.pipe(isObject, v.strictObject(entries));
}

/** A list of secrets: a fault tells what is allowed, never what came. */
export const secretList = (item: v.GenericSchema<string>): v.GenericSchema<string[]> => v.array(item, "must be a list");
