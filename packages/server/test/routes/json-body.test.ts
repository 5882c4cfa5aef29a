import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { test } from "node:test";
import * as v from "valibot";
import { ProblemError } from "../../src/problems.ts";
import { jsonBody } from "../../src/routes/json-body.ts";
import { members, whole } from "../../src/schema-parts.ts";

const schema = members({ count: whole(1, 3), note: v.exactOptional(v.string("must be text"), "none") });

async function read(body: string, type = "application/json"): Promise<unknown> {
  const incoming = Object.assign(Readable.from([Buffer.from(body)]), { headers: { "content-type": type } });
  try {
    return await jsonBody(incoming as unknown as IncomingMessage, 100, schema);
  } catch (error) {
    return error instanceof ProblemError ? `${error.problem.code}: ${error.problem.detail}` : error;
  }
}

test("a body that fits is read, with its defaults", async () => assert.deepEqual(await read('{"count":2}'), { count: 2, note: "none" }));

const faults: [body: string, answer: RegExp, type?: string][] = [
  ['{"count":9}', /^bad-message: count must be a whole number from 1 to 3, not 9$/],
  ["{}", /^bad-message: count is missing$/],
  ['{"count":1,"extra":1}', /^bad-message: extra is not a member of this request$/],
  ["[]", /^bad-message: the body must be an object/],
  ["{", /^bad-json/],
  ["count=1", /^wrong-content-type/, "text/plain"],
  [`{"count":1,"note":"${"x".repeat(100)}"}`, /^body-too-large/],
];
for (const [body, answer, type] of faults) {
  test(`${body.slice(0, 30)} is answered with ${answer.source}`, async () => assert.match(String(await read(body, type)), answer));
}
