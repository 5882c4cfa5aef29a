import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FaultProxy, noNats, type ServerProcess, startNats } from "@openline/testkit";
import type { NatsMessage } from "../../src/nats/nats-session.ts";
import { natsSession } from "../support/nats-session.ts";
import { until } from "../support/system-clock.ts";

const skip = noNats === undefined ? {} : { skip: noNats };
let server: ServerProcess;

before(async () => {
  if (noNats === undefined) server = await startNats();
});
after(async () => await server?.stop());

test("what is published is heard until it is stopped, and a request is answered once", skip, async (t) => {
  const { session } = await natsSession(t, server.port);
  const heard: string[] = [];
  const stop = session.subscribe("a.*", ({ text }) => heard.push(text));
  session.publish("a.b", "naïve 日本");
  await session.ping();
  stop();
  session.publish("a.b", "more");
  await session.ping();
  assert.deepEqual(heard, ["naïve 日本"]);
  session.subscribe("ask", ({ text, reply }: NatsMessage) => session.publish(reply ?? "", `${text}!`));
  assert.deepEqual(
    (await Promise.all(["1", "2", "3"].map(async (one) => await session.request("ask", one)))).map(({ text }) => text),
    ["1!", "2!", "3!"],
  );
});

test("a request that nobody hears fails at once, one that nobody answers after the deadline", skip, async (t) => {
  const { session } = await natsSession(t, server.port, 200);
  await assert.rejects(session.request("nobody", ""), /nobody answers/);
  session.subscribe("mute", () => {});
  await assert.rejects(session.request("mute", ""), /did not answer within 200 ms/);
});

test("when the connection breaks, whoever waits is told at once, and nothing is sent later", skip, async (t) => {
  const proxy = await FaultProxy.start(server.port);
  t.after(async () => await proxy.stop());
  const { session, losses } = await natsSession(t, proxy.port);
  session.subscribe("mute", () => {});
  const waiting = assert.rejects(session.request("mute", ""), /over/);
  await session.ping();
  let ends = 0;
  session.onEnd(() => ends++);
  session.onEnd(() => (ends += 10))();
  const asked = assert.rejects(session.ping(), /over|CLOSED|closed/);
  proxy.cut();
  await waiting;
  await asked;
  await until("the loss is told", () => losses.length === 1);
  await assert.rejects(session.request("mute", ""), /over/);
  await assert.rejects(session.ping(), /over/);
  assert.equal(ends, 1, "who took it back is not called");
  session.destroy();
});
