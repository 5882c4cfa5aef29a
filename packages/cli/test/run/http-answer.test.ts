import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { addFields, answer } from "../../src/run/http-answer.ts";

test("an answer is a line of text with the fields that every answer has; of HEAD only the head", async (t) => {
  const server = createServer((_, response) => {
    addFields(response, [
      ["X-A", "1"],
      ["X-A", "2"],
    ]);
    answer(response, 404, "nothing here", { allow: "GET" });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const got = await fetch(url);
  assert.deepEqual(
    [got.status, got.headers.get("x-a"), got.headers.get("allow"), await got.text()],
    [404, "1, 2", "GET", "nothing here\n"],
  );
  const head = await fetch(url, { method: "HEAD" });
  assert.deepEqual([head.headers.get("content-length"), await head.text()], ["13", ""]);
});
