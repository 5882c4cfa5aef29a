import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noRedis, RedisServer } from "@openline/testkit";
import { startServer } from "./server-fixture.ts";

test("R22: --broker-key-file: nodes with a common key share their rooms, one with a wrong key is refused, counted and written down", {
  skip: noRedis ?? false,
  timeout: 60_000,
}, async (t) => {
  const redis = await RedisServer.start();
  t.after(async () => await redis.stop());
  const folder = mkdtempSync(join(tmpdir(), "openline-keys-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const key = (): string => randomBytes(32).toString("hex");
  const [old, fresh, wrong] = [key(), key(), key()];
  const node = async (name: string, ...keys: string[]) => {
    const brokerKeyFile = join(folder, name);
    writeFileSync(brokerKeyFile, `${keys.join("\n")}\n`);
    return await startServer(t, { broker: redis.url, brokerKeyFile });
  };
  // In the middle of a change of keys: one signs with the old one still.
  const [one, two, stranger] = [await node("one", old, fresh), await node("two", fresh, old), await node("stranger", wrong)];
  const [ada, bo, eve] = [await one.join("Ada", "lobby"), await two.join("Bo", "lobby"), await stranger.join("Eve", "lobby")];
  await stranger.server.hub.publish("lobby", { data: "forged" });
  await one.server.hub.publish("lobby", { data: "from one" });
  await two.server.hub.publish("lobby", { data: "from two" });
  for (const client of [ada, bo]) for (const data of ["from one", "from two"]) assert.equal((await client.next("message"))["data"], data);
  assert.equal((await eve.next("message"))["data"], "forged");
  const metrics = async (port: number): Promise<string> => await (await fetch(`http://localhost:${port}/metrics`)).text();
  for (const { port, logged } of [one, stranger]) {
    assert.match(await metrics(port), /^openline_broker_refused_total [1-9]/m);
    assert.match(
      logged.join(""),
      /"room":"lobby","what":"message","refused":\d+,"msg":"what came over the broker was not signed with our key/,
    );
    assert.doesNotMatch(logged.join(""), new RegExp([old, fresh, wrong].join("|")));
  }
});
