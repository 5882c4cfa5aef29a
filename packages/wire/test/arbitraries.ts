import * as fc from "fast-check";
import { checkName } from "../src/text.ts";

/** Any `ref`. */
export const refNumber: fc.Arbitrary<number> = fc.oneof(fc.nat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));

/** Any opaque text. */
export const opaqueText: fc.Arbitrary<string> = fc.stringMatching(/^[!-~]{1,64}$/);

/** Any valid name. */
export const nameText: fc.Arbitrary<string> = fc
  .string({ minLength: 1, maxLength: 40, unit: "grapheme" })
  .filter((name) => checkName(name) === undefined);

/** Any data that comes through JSON unchanged: JSON has no -0. */
export const dataValue: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** Objects that look like messages and are wrong somewhere. */
export function wildMessage(types: readonly string[]): fc.Arbitrary<string> {
  const wild = fc.oneof(fc.jsonValue(), fc.constantFrom(0, 1, -1, 1.5, "", "a", "\ud800", null, true, [], {}));
  const fields = [
    "ref",
    "room",
    "version",
    "session",
    "user",
    "token",
    "position",
    "previous",
    "rewind",
    "presence",
    "data",
    "id",
    "ephemeral",
    "members",
    "member",
    "memberCount",
    "replay",
    "limits",
    "heartbeat",
    "time",
    "code",
    "message",
    "since",
  ];
  const record = Object.fromEntries(fields.map((field) => [field, fc.oneof(wild, refNumber, opaqueText)]));
  return fc
    .record({ type: fc.oneof(fc.constantFrom(...types, "__proto__"), fc.string()), ...record }, { requiredKeys: [] })
    .map((message) => JSON.stringify(message));
}
