import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { FaultProxy, noRedis, RedisServer } from "@openline/testkit";
import type { Browser } from "playwright-core";
import { ChatTab, settles } from "./chat-tab.ts";
import { launchChromium, skip } from "./chromium.ts";
import { ServeProcess } from "./serve-process.ts";

let browser: Browser;

before(async () => {
  if (!skip) browser = await launchChromium();
});
after(async () => await browser?.close());

async function serving(t: TestContext, ...flags: string[]): Promise<ServeProcess> {
  const serve = await ServeProcess.start("/", ...flags);
  t.after(async () => await serve.kill());
  return serve;
}

/** Ada and Bo in a room, each at a page of their own. */
async function talking(ada: string, bo = ada): Promise<[ChatTab, ChatTab]> {
  return await Promise.all([ChatTab.enter(browser, ada, "Ada", "lobby"), ChatTab.enter(browser, bo, "Bo", "lobby")]);
}

/** With OPENLINE_PICTURES=folder the tests show what they saw. */
async function picture(tab: ChatTab, name: string): Promise<void> {
  const folder = process.env["OPENLINE_PICTURES"];
  if (folder !== undefined) await tab.page.screenshot({ path: join(folder, `${name}.png`) });
}

const close = async (...tabs: ChatTab[]): Promise<void> => void (await Promise.all(tabs.map(async (tab) => await tab.close())));

test("contract 2: a server that keeps its rooms on disk is killed and started again: the pages recover, and nothing is missing or twice", {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "openline-page-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const serve = await serving(t, "--data", join(folder, "data"));
  const [ada, bo] = await talking(serve.url);
  await ada.say("before");
  await bo.shows(["before"]);
  await serve.kill();
  await Promise.all([ada.line("waiting"), bo.line("waiting")]);
  await ada.say("written while it was dead");
  assert.equal(await ada.at("outgoing-message").count(), 1, "it is shown as on its way, not as sent");
  await picture(ada, "disk-dead");
  await serve.start();
  assert.equal((await serve.post("lobby", JSON.stringify({ text: "while they were coming back" }), "application/json")).status, 201);
  for (const tab of [ada, bo]) assert.equal((await tab.notice(0)).recovered, "true");
  await settles(async () => (await ada.messages()).toSorted(), ["before", "while they were coming back", "written while it was dead"]);
  await bo.shows(await ada.messages());
  await picture(bo, "disk-back");
  assert.equal(await bo.at("notice").count(), 1);
  await ada.showsMembers(["Ada", "Bo"]);
  await close(ada, bo);
});

test("contract 1 to 3: Redis hangs and comes back: what was written meanwhile is shown as on its way, then once, in one order on both nodes", {
  skip: skip || (noRedis ?? false),
}, async (t) => {
  const redis = await RedisServer.start();
  t.after(async () => await redis.stop());
  const [east, west] = [await serving(t, "--broker", redis.url), await serving(t, "--broker", redis.url)];
  const [ada, bo] = await talking(east.url, west.url);
  await ada.say("across the nodes");
  await bo.shows(["across the nodes"]);
  redis.signal("SIGSTOP");
  await ada.say("into the silence");
  await bo.say("into it, too");
  await ada.at("outgoing-message").waitFor();
  assert.deepEqual(await ada.messages(), ["across the nodes"]);
  // Longer than the 5 s within which a node notices a Redis that answers nothing.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  assert.equal(await ada.at("outgoing-message").count(), 1, "nobody has said that it is stored");
  assert.deepEqual(await bo.messages(), ["across the nodes"]);
  await picture(ada, "redis-hung");
  redis.signal("SIGCONT");
  await settles(async () => (await ada.messages()).length, 3, 20_000);
  assert.deepEqual((await ada.messages()).toSorted(), ["across the nodes", "into it, too", "into the silence"]);
  await bo.shows(await ada.messages());
  await ada.shows(await bo.messages());
  await picture(ada, "redis-back");
  for (const tab of [ada, bo]) assert.equal(await tab.at("notice").count(), 0, "nothing was lost, so nothing is said");
  await close(ada, bo);
});

test("contract 2: the connection is cut again and again, and refused for a while: exactly what was missed follows, each time", {
  skip,
}, async (t) => {
  const serve = await serving(t);
  const proxy = await FaultProxy.start(Number(new URL(serve.url).port));
  t.after(async () => await proxy.stop());
  const [ada, bo] = await talking(serve.url, `http://localhost:${proxy.port}/`);
  const said: string[] = [];
  for (let round = 0; round < 3; round++) {
    proxy.refuse();
    proxy.cut();
    await bo.line("waiting");
    for (const text of [`round ${round}, one`, `round ${round}, two`]) {
      said.push(text);
      assert.equal((await serve.post("lobby", JSON.stringify({ text }), "application/json")).status, 201);
    }
    await ada.shows(said);
    proxy.refuse(false);
    // The button is gone when the page has come back by itself.
    await bo
      .at("connect-now")
      .click({ timeout: 1000 })
      .catch(() => undefined);
    const { recovered, replay } = await bo.notice(round);
    assert.deepEqual([recovered, replay], ["true", "2"]);
    await bo.shows(said);
  }
  await picture(bo, "cut-three-times");
  await close(ada, bo);
});
