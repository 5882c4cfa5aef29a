import assert from "node:assert/strict";
import { test } from "node:test";
import { noNats, startNats } from "../src/nats-server.ts";
import { answers } from "../src/server-process.ts";

const skip = noNats === undefined ? {} : { skip: noNats };

test("a real NATS with JetStream starts, and starts again on the same port", skip, async (t) => {
  const server = await startNats();
  t.after(async () => await server.stop());
  for (let round = 0; round < 2; round++) {
    assert.ok(await answers(server.port, 'CONNECT {"verbose":false}\r\nPING\r\n', /PONG/));
    assert.ok(await answers(server.port, "", /"jetstream":true/));
    await server.kill();
    assert.equal(await answers(server.port, "", /INFO/), false);
    await server.restart();
  }
});

test("what NATS does not start with is told with its words", skip, async () => {
  await assert.rejects(startNats("no_such_option: 1\n"), /nats ended with 1: .*no_such_option/s);
});
