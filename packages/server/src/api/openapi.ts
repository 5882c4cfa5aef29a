import { toJsonSchema } from "@valibot/to-json-schema";
import { askAnswer, askBody } from "../hooks-ask.ts";
import { type ProblemCode, problemStatus } from "../problems.ts";
import { webhookBody } from "../webhooks/webhook-event.ts";
import type { Operation } from "./operation.ts";
import { problem, type Schema } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

/** Problems that any call may have. */
const everywhere: readonly ProblemCode[] = ["bad-request", "bad-host", "bad-path", "origin-not-allowed", "host-not-allowed", "internal"];
const withKey: readonly ProblemCode[] = ["unauthorized", "forbidden"];

/** What {@link openApi} describes. */
export interface OpenApiOptions {
  readonly operations: readonly Operation[];
  /** Begins and ends with a slash. */
  readonly basePath: string;
  readonly version: string;
}

/** What this server asks of the application (docs/webhooks.md). */
const calls: Json = {
  events: {
    post: {
      operationId: "onEvents",
      summary: "What clients did; any 2xx takes the whole batch, anything else brings it again",
      requestBody: { required: true, content: { "application/json": { schema: jsonSchema(webhookBody, "input") } } },
      responses: { "2XX": { description: "Taken." } },
    },
  },
  ask: {
    post: {
      operationId: "onAsk",
      summary: "What a client wants to do; what is not clearly allowed in time is refused",
      requestBody: { required: true, content: { "application/json": { schema: jsonSchema(askBody, "input") } } },
      responses: {
        200: { description: "The decision.", content: { "application/json": { schema: jsonSchema(askAnswer, "input") } } },
      },
    },
  },
};

/** The OpenAPI 3.1 document of the HTTP API, made of the schemas that its routes validate with. */
export function openApi({ operations, basePath, version }: OpenApiOptions): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  return {
    openapi: "3.1.1",
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    info: { title: "Openline HTTP API", version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: `${basePath}api` }],
    security: [{ key: [] }],
    paths,
    webhooks: calls,
    components: {
      schemas: { Problem: jsonSchema(problem, "output") },
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key. Only asked for where one is set." } },
    },
  };
}

function describe(operation: Operation): Json {
  const { id, summary, scope, answers } = operation;
  const parameters = parametersOf(operation);
  return {
    operationId: id,
    summary,
    security: scope === undefined ? [] : [{ key: [scope] }],
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(operation),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, { description, schema }]) => [
          status,
          { description, content: { "application/json": { schema: jsonSchema(schema, "output") } } },
        ]),
      ),
      ...problemResponses(operation),
    },
  };
}

function parametersOf({ path, params, query, fields }: Operation): Json[] {
  const inPath = Object.entries(params ?? {}).map(([name, schema]) => {
    if (!path.includes(`{${name}}`)) throw new TypeError(`${path} has no parameter ${name}`);
    return { name, in: "path", required: true, schema: jsonSchema(schema, "input") };
  });
  const queryObject = query === undefined ? {} : jsonSchema(query, "input");
  const entries = isObject(queryObject["properties"]) ? queryObject["properties"] : {};
  const inQuery = Object.entries(entries).map(([name, schema]) => ({ name, in: "query", required: false, schema }));
  const inHeader = Object.entries(fields ?? {}).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
  return [...inPath, ...inQuery, ...inHeader];
}

function requestBody({ body }: Operation): Json {
  if (body === undefined) return {};
  const content =
    body === "data"
      ? { "application/json": { schema: {} }, "text/plain": { schema: { type: "string" } } }
      : { "application/json": { schema: jsonSchema(body, "input") } };
  return { requestBody: { required: true, content } };
}

function problemResponses({ problems = [], scope, params, query, body }: Operation): Json {
  const codes = new Set<ProblemCode>([...problems, ...everywhere, ...(scope === undefined ? [] : withKey)]);
  if (params !== undefined) codes.add("bad-name");
  if (query !== undefined) codes.add("bad-query");
  if (body !== undefined) codes.add("rate-limited");
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) byStatus.set(problemStatus[code], [...(byStatus.get(problemStatus[code]) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      status,
      {
        description: those.map((code) => `\`${code}\``).join(", "),
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    ]),
  );
}

/** Checks that JSON Schema cannot say (the bytes of a name) stand in descriptions; the rest is the same schema. */
function jsonSchema(schema: Schema, typeMode: "input" | "output"): Json {
  const { $schema: _, ...bare } = toJsonSchema(schema, { typeMode, target: "draft-2020-12", errorMode: "ignore" });
  return bare;
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
