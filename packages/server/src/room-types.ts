import type { SchemaInput, SchemaOutput, StandardSchema } from "./standard-schema.ts";

/** What the messages of rooms look like, by pattern of room names (the hub's README has the patterns). */
export type RoomSchemas = Readonly<Record<string, StandardSchema>>;

/** No room has a schema: all data are unknown. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- a record without keys is what is meant
export type NoSchemas = Readonly<Record<never, StandardSchema>>;

/** The names that a pattern stands for, as a type: of `chat:*` every text that begins with `chat:`. */
export type RoomName<Pattern extends string> = Pattern extends `${infer Before}*${infer After}`
  ? `${RoomName<Before>}${string}${RoomName<After>}`
  : Pattern extends `${infer Before}{${string}}${infer After}`
    ? `${Before}${string}${RoomName<After>}`
    : Pattern;

type Fitting<Schemas, Name> = { [P in keyof Schemas & string]: Name extends RoomName<P> ? P : never }[keyof Schemas & string];

/** What may be published to a room. */
export type MessageIn<Schemas, Name extends string> = [Fitting<Schemas, Name>] extends [never]
  ? unknown
  : SchemaInput<Schemas[Fitting<Schemas, Name>]>;

/** What a room's messages are. */
export type MessageOut<Schemas, Name extends string> = [Fitting<Schemas, Name>] extends [never]
  ? unknown
  : SchemaOutput<Schemas[Fitting<Schemas, Name>]>;

/** The names of all rooms that have schemas; any other text is a name as well. */
export type KnownRoom<Schemas> = RoomName<keyof Schemas & string> | (string & {});
