/**
 * What valibot, zod, arktype and others have in common (Standard Schema 1): a validator with the types of what goes in and comes out.
 * https://standardschema.dev
 */
export interface StandardSchema<In = unknown, Out = In> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Out> | Promise<StandardResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

/** What a validation gives. */
export type StandardResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** What a schema takes. */
export type SchemaInput<S> = S extends StandardSchema<infer In, unknown> ? In : unknown;

/** What a schema gives. */
export type SchemaOutput<S> =
  S extends StandardSchema<never, infer Out> ? Out : S extends StandardSchema<infer _, infer Out> ? Out : unknown;

/** Gives a room's messages a type without checking them: for rooms to which only the application publishes. */
export function unchecked<Message>(): StandardSchema<Message> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- unchecked is what was asked for
  return { "~standard": { version: 1, vendor: "openline", validate: (value) => ({ value: value as Message }) } };
}

/** Why a value does not pass, in one line that names where; `undefined` with the value when it does. */
export async function checked(schema: StandardSchema, value: unknown): Promise<{ readonly value: unknown } | { readonly fault: string }> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return { value: result.value };
  const [issue] = result.issues;
  const path = (issue?.path ?? []).map(keyOf).join(".");
  const message = issue?.message ?? "the data do not have the form that this room asks for";
  return { fault: path === "" ? message : `${path}: ${message}` };
}

/** A path holds keys, or objects with a `key`. */
function keyOf(part: unknown): string {
  return typeof part === "object" && part !== null && "key" in part ? String(part.key) : String(part);
}
