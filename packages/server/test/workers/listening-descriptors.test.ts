import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { listeningDescriptors } from "../../src/workers/listening-descriptors.ts";

test("the descriptors that listen on a port are found, in both families, and no connection of it", {
  skip: process.platform === "linux" ? false : "only Linux tells them",
}, async (t) => {
  const four = createServer().listen(0, "127.0.0.1");
  await once(four, "listening");
  const address = four.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const six = createServer().listen({ port, host: "::1" });
  await once(six, "listening");
  const client = connect(port, "127.0.0.1");
  await once(client, "connect");
  const found = listeningDescriptors(port);
  assert.equal(found.length, 2);
  assert.ok(found.every((descriptor) => descriptor > 2));
  client.destroy();
  six.close();
  await once(six, "close");
  assert.equal(listeningDescriptors(port).length, 1);
  four.close();
  await once(four, "close");
  assert.deepEqual(listeningDescriptors(port), []);
  t.diagnostic(`descriptors ${found.join(", ")}`);
});
