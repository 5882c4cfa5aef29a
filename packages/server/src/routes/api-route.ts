/* oxlint-disable typescript/no-unsafe-type-assertion -- where an operation has no schema, its type says that nothing is read */
import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import * as v from "valibot";
import type { Operation } from "../api/operation.ts";
import type { Gate } from "../gate.ts";
import { type Problem, ProblemError, problemResponse } from "../problems.ts";
import { bodyKind, decodeBody, readBody } from "../request-body.ts";
import { decodeSegment } from "../request-path.ts";
import type { HealthSource } from "./health.ts";

/** The context of a route over `node:http`. */
export type NodeContext = Context<{ Bindings: HttpBindings }>;

/** What every route of the API needs. */
export interface ApiRoutes {
  readonly app: Hono<{ Bindings: HttpBindings }>;
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly gate: Pick<Gate, "checkApi">;
  readonly health: Pick<HealthSource, "draining">;
  /** Largest body of a call with one message. */
  readonly bodyLimitBytes: number;
}

/** A call, checked. */
export interface ApiCall<Query, Body> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  /** The checked body; for `data` whatever it is. */
  readonly body: Body;
  /** A request field; an empty text when it came twice. */
  readonly field: (name: string) => string | undefined;
}

/** What a call is answered with: a status that the operation names, or a problem. */
export type ApiAnswer = { readonly status: number; readonly body: object } | { readonly problem: Problem };

/** A body with many messages has room for so many bytes, or for one message. */
const batchBytes = 1_048_576;

/**
 * Serves one operation of the API: asks for its key, checks what came with the operation's own schemas, and answers.
 * A problem that the handler throws is answered as such.
 */
export function addOperation<Query, Body>(
  { app, basePath, gate, health, bodyLimitBytes }: ApiRoutes,
  operation: Operation<Query, Body>,
  handle: (call: ApiCall<Query, Body>) => ApiAnswer | Promise<ApiAnswer>,
): void {
  const { method, path, scope } = operation;
  app[method](`${basePath}api${path.replaceAll(/\{(\w+)\}/g, ":$1")}`, async (c: NodeContext) => {
    const { incoming } = c.env;
    const refused = scope === undefined ? undefined : gate.checkApi(incoming, scope);
    if (refused !== undefined) return problemResponse(refused);
    const params = paramsOf(operation, c.req.path.slice(basePath.length + "api".length));
    const query = queryOf(operation, incoming.url ?? "");
    const limit = operation.body === "data" ? bodyLimitBytes : Math.max(bodyLimitBytes, batchBytes);
    const body = await bodyOf(operation, incoming, limit);
    if (method === "post" && health.draining)
      throw new ProblemError("shutting-down", "the server is shutting down, nothing was done", { "retry-after": "1" });
    const answer = await handle({ params, query, body, field: (name) => fieldOf(incoming, name) });
    if ("problem" in answer) return problemResponse(answer.problem);
    return Response.json(answer.body, { status: answer.status, headers: { "cache-control": "no-store" } });
  });
}

/** Empty when it came more than once. Read from the raw fields: Node's requests over HTTP/2 have no `headersDistinct`. */
function fieldOf({ rawHeaders }: Pick<HttpBindings["incoming"], "rawHeaders">, name: string): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
  return values.length < 2 ? values[0] : "";
}

/** The names in a path below `api`, checked. @throws ProblemError */
export function paramsOf({ path, params = {} }: Pick<Operation, "path" | "params">, asked: string): Record<string, string> {
  const segments = asked.split("/");
  const found: Record<string, string> = {};
  for (const [index, part] of path.split("/").entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const schema = name === undefined ? undefined : params[name];
    if (name === undefined || schema === undefined) continue;
    const result = v.safeParse(schema, decodeSegment(segments[index] ?? ""), { abortEarly: true });
    if (!result.success) throw new ProblemError("bad-name", result.issues[0].message);
    found[name] = String(result.output);
  }
  return found;
}

const nothing = v.strictObject({});

/** What stands in the address, checked. @throws ProblemError */
export function queryOf<Query>({ query }: Pick<Operation<Query>, "query">, target: string): Query {
  const start = target.indexOf("?");
  const given = new URLSearchParams(start < 0 ? "" : target.slice(start + 1));
  for (const name of given.keys())
    if (given.getAll(name).length > 1) throw new ProblemError("bad-query", `${JSON.stringify(name)} stands more than once in the query`);
  const result = v.safeParse(query ?? nothing, Object.fromEntries(given), { abortEarly: true });
  if (result.success) return result.output as Query;
  throw new ProblemError("bad-query", fault(result.issues[0], "the query"));
}

async function bodyOf<Body>({ body }: Operation<unknown, Body>, incoming: HttpBindings["incoming"], limit: number): Promise<Body> {
  if (body === undefined) return undefined as Body;
  const type = incoming.headers["content-type"];
  const kind = bodyKind(type, incoming.headers["content-encoding"]);
  if (body !== "data" && kind !== "json")
    throw new ProblemError("wrong-content-type", `the body must be application/json, not ${JSON.stringify(type ?? "")}`);
  const data = decodeBody(await readBody(incoming, limit), kind);
  if (body === "data") return data as Body;
  const result = v.safeParse(body, data, { abortEarly: true });
  if (result.success) return result.output;
  throw new ProblemError("bad-message", fault(result.issues[0], "the body"));
}

/** What is wrong, in a sentence that names where. */
function fault(issue: v.BaseIssue<unknown>, whole: string): string {
  const path = (issue.path ?? []).map((item) => String(item.key)).join(".");
  if (issue.type === "strict_object" && issue.expected === "never")
    return `${whole} has ${JSON.stringify(path.slice(0, 100))}, which is not known here`;
  if (issue.type === "strict_object" && issue.received === "undefined") return `${whole} lacks ${JSON.stringify(path)}`;
  if (issue.type === "strict_object") return path === "" ? `${whole} must be an object` : `${path} must be an object`;
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
