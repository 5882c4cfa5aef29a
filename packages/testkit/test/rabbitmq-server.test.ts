import assert from "node:assert/strict";
import { test } from "node:test";
import { noRabbit, startRabbit } from "../src/rabbitmq-server.ts";
import { answers } from "../src/server-process.ts";

const skip = noRabbit === undefined ? {} : { skip: noRabbit };
const greeting = "AMQP\0\0\x09\x01";

test("a real RabbitMQ starts, and starts again on the same port after it was killed", skip, async (t) => {
  const server = await startRabbit();
  t.after(async () => await server.stop());
  assert.ok(await answers(server.port, greeting, /RabbitMQ/));
  await server.kill();
  assert.equal(await answers(server.port, greeting, /RabbitMQ/), false);
  await server.restart();
  assert.ok(await answers(server.port, greeting, /RabbitMQ/));
});
