import type { GenericSchema } from "valibot";
import type { ApiScope } from "../api-keys.ts";
import type { ProblemCode } from "../problems.ts";
import type { Schema } from "./schemas.ts";

/** One call of the HTTP API: what its route validates with, and what OpenAPI says of it. */
export interface Operation<Query = unknown, Body = unknown> {
  /** OpenAPI's `operationId`. */
  readonly id: string;
  readonly method: "get" | "post";
  /** Below `api`, parameters in braces: `/rooms/{room}/messages`. */
  readonly path: `/${string}`;
  /** What a key must be for; undefined: no key is asked for. */
  readonly scope: ApiScope | undefined;
  readonly summary: string;
  /** The segments in braces, by name. */
  readonly params?: Readonly<Record<string, Schema>>;
  readonly query?: GenericSchema<unknown, Query>;
  /** A JSON body with this schema; `data`: the body itself is a message's data, JSON or text. */
  readonly body?: GenericSchema<unknown, Body> | "data";
  /** Further request fields that it understands. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema: Schema }>>;
  /** The problems of its own; those that every call may have are added. */
  readonly problems?: readonly ProblemCode[];
}
