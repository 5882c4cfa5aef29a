import * as v from "valibot";
import { expected, isObject, members, text } from "../schema-parts.ts";
import type { ScaledroneChannels } from "./channel.ts";

// A fault tells what is allowed, never what came.
const secret = v.pipe(v.string("must be a text"), v.regex(/^[!-~]{16,256}$/, "must be 16 to 256 visible ASCII characters"));

/** The schema of the Scaledrone channels in a configuration. */
export const scaledroneSchema: v.GenericSchema<unknown, ScaledroneChannels> = v.pipe(
  isObject,
  v.record(
    text(
      "a channel's id of 1 to 64 letters and digits, which is neither api nor v3: those paths are taken",
      /^(?!(?:api|v3)$)[A-Za-z0-9]{1,64}$/,
    ),
    members({
      secret,
      prefix: v.optional(text("a text of at most 64 characters that does not begin with $", /^(?!\$).{0,64}$/u)),
      requireAuth: v.optional(v.boolean(expected("true or false"))),
      history: v.optional(v.boolean(expected("true or false"))),
    }),
  ),
);
