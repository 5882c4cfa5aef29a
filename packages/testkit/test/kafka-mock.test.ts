import assert from "node:assert/strict";
import { test } from "node:test";
import { KafkaMock, noKafka } from "../src/kafka-mock.ts";
import { answers } from "../src/server-process.ts";

const skip = noKafka === undefined ? {} : { skip: noKafka };

/** A request without a body: ApiVersions (18) in a version. */
const apiVersions = (version: number): string => `\0\0\0\x0a\0\x12\0${String.fromCharCode(version)}\0\0\0\x07\0\0`;

test("the mock answers ApiVersions through the proxy: version 0 itself, later ones by asking for 0", skip, async (t) => {
  const mock = await KafkaMock.start();
  t.after(async () => await mock.stop());
  assert.ok(await answers(mock.port, apiVersions(0), /[^]{40}/), "a list of calls");
  assert.ok(await answers(mock.port, apiVersions(4), /#/), "error 35");
});

test("the proxy refuses when it is told to, and an empty mock takes the place of the old one", skip, async (t) => {
  const mock = await KafkaMock.start();
  t.after(async () => await mock.stop());
  mock.refuse();
  assert.equal(await answers(mock.port, apiVersions(4), /#/), false);
  mock.refuse(false);
  const { port } = mock;
  await mock.startAnew();
  assert.equal(mock.port, port);
  assert.ok(await answers(port, apiVersions(4), /#/));
});
