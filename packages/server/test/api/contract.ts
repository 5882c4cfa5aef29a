import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { openApi } from "../../src/api/openapi.ts";
import { operations } from "../../src/api/operations.ts";

type Tree = { readonly [key: string]: Tree };

/** The document that every answer in these tests is held against. */
export const document = openApi({ operations: Object.values(operations), basePath: "/", version: "0.0.0" }) as Tree;

const ajv = new Ajv2020({ strict: false, allErrors: true, schemas: [{ ...document, $id: "openapi" }] });
const validators = new Map<string, ValidateFunction>();

/** Fails when an answer is not what OpenAPI says of this call: its status, its content type, its body. */
export function assertDescribed(
  basePath: string,
  method: string,
  target: string,
  answer: { readonly status: number; readonly headers: Record<string, unknown>; readonly text: string },
): void {
  const path = target.split("?")[0] ?? "";
  if (!path.startsWith(`${basePath}api/`) || path.endsWith("/openapi.json") || !["GET", "POST"].includes(method)) return;
  const type = String(answer.headers["content-type"]).split(";")[0] ?? "";
  const [template, operation] = operationAt(method.toLowerCase(), path.slice(basePath.length + "api".length));
  if (template === undefined && answer.status < 400) return;
  const pointer =
    template === undefined || operation === undefined
      ? "#/components/schemas/Problem"
      : `#/paths/${escaped(template)}/${method.toLowerCase()}/responses/${answer.status}/content/${escaped(type)}/schema`;
  const where = `${method} ${target} → ${answer.status} ${type} ${answer.text}`;
  if (operation !== undefined)
    assert.ok(operation["responses"]?.[answer.status]?.["content"]?.[type] !== undefined, `not in OpenAPI: ${where}`);
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi${pointer}` });
  validators.set(pointer, validate);
  assert.ok(validate(JSON.parse(answer.text)), `${where}: ${ajv.errorsText(validate.errors)}`);
}

function operationAt(method: string, path: string): [string | undefined, Tree | undefined] {
  const paths = document["paths"] ?? {};
  const segments = path.split("/");
  const template = Object.keys(paths).find((candidate) => {
    const parts = candidate.split("/");
    return parts.length === segments.length && parts.every((part, index) => part.startsWith("{") || part === segments[index]);
  });
  return template === undefined ? [undefined, undefined] : [template, paths[template]?.[method]];
}

const escaped = (key: string): string => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
