import type { IncomingMessage } from "node:http";
import * as v from "valibot";
import { ProblemError } from "../problems.ts";
import { bodyKind, decodeBody, readBody } from "../request-body.ts";

/**
 * Reads a JSON body and checks it.
 * @throws ProblemError for what is no JSON, and naming the member that is wrong
 */
export async function jsonBody<T>(incoming: IncomingMessage, limitBytes: number, schema: v.GenericSchema<unknown, T>): Promise<T> {
  if (bodyKind(incoming.headers["content-type"], incoming.headers["content-encoding"]) !== "json") {
    throw new ProblemError("wrong-content-type", "the body must be JSON, with Content-Type: application/json");
  }
  const result = v.safeParse(schema, decodeBody(await readBody(incoming, limitBytes), "json"), { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = (issue.path ?? []).map((item) => String(item.key)).join(".");
  throw new ProblemError("bad-message", `${path === "" ? "the body" : path} ${wordsOf(issue, path)}`);
}

function wordsOf(issue: v.BaseIssue<unknown>, path: string): string {
  if (issue.type !== "strict_object") return issue.message;
  if (path === "") return "must be an object";
  return issue.expected === "never" ? "is not a member of this request" : "is missing";
}
