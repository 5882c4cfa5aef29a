import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { brokerFaults, faultTexts, injectFault, RedisFault, redisVersion } from "../../src/verify/redis-control.ts";

/** What speaks as Redis does, and keeps what it was asked. */
async function redisDouble(t: TestContext, answer: (command: string) => string): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on("data", (data) => {
      const command = data
        .toString()
        .split("\r\n")
        .filter((part) => part !== "" && !/^[*$]\d+$/.test(part))
        .join(" ");
      asked.push(command);
      socket.write(answer(command));
    });
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { url: `redis://u:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test("looking at a Redis changes nothing: it is asked for its version alone, after the login", async (t) => {
  const { url, asked } = await redisDouble(t, (command) =>
    command.startsWith("INFO") ? "$22\r\nredis_version:7.0.15\r\n\r\n" : "+OK\r\n",
  );
  assert.equal(await redisVersion(url), "7.0.15");
  assert.deepEqual(asked, ["AUTH u p@ss", "INFO server"]);
});

test("each fault is the command that its name says, and has a text", async (t) => {
  const { url, asked } = await redisDouble(t, () => "+OK\r\n");
  for (const fault of brokerFaults) await injectFault(url, fault);
  const commands = ["CLIENT KILL TYPE normal SKIPME yes", "CLIENT KILL TYPE pubsub", "CLIENT PAUSE 2000 ALL", "DEBUG SLEEP 6"];
  assert.deepEqual(
    asked.filter((command) => !command.startsWith("AUTH")),
    commands,
  );
  assert.deepEqual(Object.keys(faultTexts), [...brokerFaults]);
});

test("what Redis refuses is told with its own words, an unreachable one too", async (t) => {
  const { url } = await redisDouble(t, (command) => (command.startsWith("DEBUG") ? "-ERR DEBUG command not allowed\r\n" : "+OK\r\n"));
  await assert.rejects(
    injectFault(url, "hang"),
    (error) => error instanceof RedisFault && error.message === "DEBUG SLEEP: ERR DEBUG command not allowed",
  );
  await assert.rejects(redisVersion("redis://127.0.0.1:1"), (error) => error instanceof RedisFault && /ECONNREFUSED/.test(error.message));
});
