import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openApi } from "../../src/api/openapi.ts";
import type { Operation } from "../../src/api/operation.ts";
import { operations } from "../../src/api/operations.ts";
import { room } from "../../src/api/schemas.ts";
import { document } from "./contract.ts";

test("the document is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(document));
  assert.ok(result.valid, JSON.stringify(result.errors));
  assert.equal(validator.version, "3.1");
});

test("every operation stands in it once, with its key's scope and its parameters", () => {
  const paths = document["paths"] ?? {};
  for (const { id, method, path, scope } of Object.values(operations)) {
    const described = paths[path]?.[method];
    assert.equal(described?.["operationId"], id);
    assert.deepEqual(described?.["security"], [{ key: [scope] }]);
  }
  const names = JSON.stringify(paths["/rooms/{room}/messages"]?.["get"]?.["parameters"]);
  for (const name of ["room", "before", "after", "limit"]) assert.ok(names.includes(`"name":"${name}"`), names);
});

test("below a base path the server's address has it", () => {
  const { servers } = openApi({ operations: [], basePath: "/wsapp/", version: "1" });
  assert.deepEqual(servers, [{ url: "/wsapp/api" }]);
});

test("a parameter that the path does not have is a mistake of ours, and thrown", () => {
  const wrong: Operation = { id: "x", method: "get", path: "/x", scope: undefined, summary: "x", params: { room }, answers: {} };
  assert.throws(() => openApi({ operations: [wrong], basePath: "/", version: "1" }), /no parameter room/);
});

test("what the server asks of the application stands there too: events, and asks with their answers", () => {
  const { events, ask } = document["webhooks"] ?? {};
  assert.match(JSON.stringify(events), /"const":"disconnect"/);
  assert.match(JSON.stringify(ask?.["post"]?.["responses"]), /"allow"/);
});
