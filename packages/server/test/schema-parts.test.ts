import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { choice, expected, isObject, list, members, secretList, text, whole } from "../src/schema-parts.ts";

const fault = (schema: v.GenericSchema, value: unknown): string | undefined => v.safeParse(schema, value).issues?.[0]?.message;

test("a fault names what would be right and what came", () => {
  const cases: [v.GenericSchema, unknown, string | undefined][] = [
    [whole(1, 5), 3, undefined],
    [whole(1, 5), 6, "must be a whole number from 1 to 5, not 6"],
    [whole(1, 5), "3", 'must be a whole number from 1 to 5, not "3"'],
    [text("a name", /^a/), "ab", undefined],
    [text("a name", /^a/), "b", 'must be a name, not "b"'],
    [list(whole(1, 5)), 3, "must be a list, not 3"],
    [choice(["x", "y"]), "z", 'must be one of x, y, not "z"'],
    [members({ a: v.optional(whole(1, 5)) }), [], "must be an object of settings, not []"],
    [isObject, null, "must be an object of settings, not null"],
  ];
  for (const [schema, value, message] of cases) assert.equal(fault(schema, value), message);
  assert.equal(expected("right")({ input: undefined } as v.BaseIssue<unknown>), "must be right, not undefined");
});

test("a list of secrets never shows what came (R13)", () => {
  assert.equal(fault(secretList(v.string("must be text")), "the-secret"), "must be a list");
  assert.equal(fault(secretList(v.string("must be text")), ["ok"]), undefined);
});
