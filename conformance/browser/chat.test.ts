import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { ChatTab, settles } from "./chat-tab.ts";
import { launchChromium, skip } from "./chromium.ts";
import { ServeProcess } from "./serve-process.ts";

let browser: Browser;
let serve: ServeProcess;

before(async () => {
  if (skip) return;
  browser = await launchChromium();
  serve = await ServeProcess.start("/wsapp/");
});
after(async () => {
  await browser?.close();
  await serve?.kill();
});

/** Two people in a room of their own, under a base path; whatever goes wrong in their pages fails the test. */
async function withTwo(room: string, body: (ada: ChatTab, bo: ChatTab) => Promise<void>): Promise<void> {
  const [ada, bo] = await Promise.all(["Ada", "Bo"].map((name) => ChatTab.enter(browser, serve.url, name, room)));
  assert.ok(ada !== undefined && bo !== undefined);
  await body(ada, bo);
  await Promise.all([ada.close(), bo.close()]);
}

test("two pages talk both ways; a message is shown once to its author, too", { skip }, async () => {
  await withTwo("talk", async (ada, bo) => {
    await ada.say("Hello Bo");
    await bo.shows(["Hello Bo"]);
    await bo.say("Hello Ada 👋");
    await ada.say("<b>你好</b>");
    for (const tab of [ada, bo]) await tab.shows(["Hello Bo", "Hello Ada 👋", "<b>你好</b>"]);
    assert.equal(await ada.page.locator(".group.mine .message").count(), 2);
  });
});

test("the members are shown with their number, and one who closes the page goes", { skip }, async () => {
  await withTwo("presence", async (ada, bo) => {
    await ada.showsMembers(["Ada", "Bo"]);
    await bo.showsMembers(["Bo", "Ada"]);
    assert.equal(await ada.at("member-count").textContent(), "2");
    const cy = await ChatTab.enter(browser, serve.url, "Cy", "presence");
    await ada.showsMembers(["Ada", "Bo", "Cy"]);
    await cy.page.goto("about:blank");
    await ada.showsMembers(["Ada", "Bo"]);
    await cy.close();
  });
});

test("who types is shown to the others, until the text is sent or gone", { skip }, async () => {
  await withTwo("typing", async (ada, bo) => {
    const sentence = async (): Promise<string> => ((await bo.at("typing").textContent()) ?? "").replace(/[\u2068\u2069]/g, "");
    await ada.at("text").pressSequentially("Hel");
    await settles(sentence, "Ada is typing…");
    assert.equal(await ada.at("typing").textContent(), "");
    await ada.at("text").press("Enter");
    await bo.shows(["Hel"]);
    await settles(sentence, "");
    await ada.at("text").pressSequentially("x");
    await settles(sentence, "Ada is typing…");
    await ada.at("text").press("Backspace");
    // Sooner than a typist is forgotten without a word (7 s): the page has said so.
    await settles(sentence, "", 5_000);
  });
});

test("a late comer sees the last 50 messages in their order", { skip }, async () => {
  const all = Array.from({ length: 60 }, (_, i) => `message ${i}`);
  for (const text of all) assert.equal((await serve.post("history", JSON.stringify({ text }), "application/json")).status, 201);
  const late = await ChatTab.enter(browser, `${serve.url}#room=history`, "Late", "history");
  await late.shows(all.slice(-50));
  assert.equal(await late.at("notice").count(), 0);
  await late.close();
});

test("a POST with Chinese and emoji appears in both pages, as text and as JSON", { skip }, async () => {
  await withTwo("部署 🚀", async (ada, bo) => {
    await serve.post("部署 🚀", "构建通过 ✅", "text/plain");
    await serve.post("部署 🚀", JSON.stringify({ text: "上线了 🎉" }), "application/json");
    await serve.post("部署 🚀", JSON.stringify({ ok: true }), "application/json");
    for (const tab of [ada, bo]) await tab.shows(["构建通过 ✅", "上线了 🎉", '{\n  "ok": true\n}']);
  });
});

test("a page that was offline shows exactly the 50 messages it missed, once and in order, and says recovered: true", { skip }, async () => {
  await withTwo("offline", async (ada, bo) => {
    await ada.say("before");
    await bo.shows(["before"]);
    await bo.context.setOffline(true);
    await bo.line("offline");
    const missed = Array.from({ length: 50 }, (_, i) => `missed ${i}`);
    for (const text of missed) assert.equal((await serve.post("offline", JSON.stringify({ text }), "application/json")).status, 201);
    await bo.say("written offline");
    assert.deepEqual(await bo.messages(), ["before"]);
    await bo.context.setOffline(false);
    const { recovered, replay, text } = await bo.notice(0);
    assert.equal(recovered, "true");
    assert.equal(replay, "50");
    assert.match(text, /Recovered: 50 missed messages/);
    for (const tab of [bo, ada]) await tab.shows(["before", ...missed, "written offline"]);
    assert.equal(await bo.at("notice").count(), 1);
    await ada.showsMembers(["Ada", "Bo"]);
  });
});

test("the button cuts the line for seconds, and nothing is lost", { skip }, async () => {
  await withTwo("cut", async (ada, bo) => {
    await bo.say("first");
    await ada.shows(["first"]);
    await ada.at("cut").click();
    await ada.line("waiting");
    assert.match((await ada.at("connection-text").textContent()) ?? "", /^Reconnecting in [1-5] s$/);
    await bo.say("one");
    await bo.say("two");
    await bo.shows(["first", "one", "two"]);
    await ada.say("from the dark");
    assert.equal(await ada.at("outgoing-message").getAttribute("data-state"), "waiting");
    await ada.at("connect-now").click();
    assert.equal((await ada.notice(0)).replay, "2");
    for (const tab of [ada, bo]) await tab.shows(["first", "one", "two", "from the dark"]);
  });
});

test("M: a member whose line is lost is shown in grey with the time last seen, and as before when it is back", { skip }, async () => {
  await withTwo("away", async (ada, bo) => {
    await ada.showsMembers(["Ada", "Bo"]);
    assert.equal(await ada.page.locator(".member.absent").count(), 0);
    await bo.context.setOffline(true);
    const away = ada.page.locator(".member.absent");
    await away.waitFor();
    assert.match(await away.innerText(), /^B[^]*Bo[^]*away since \d\d:\d\d$/);
    await ada.showsMembers(["Ada", "Bo"]);
    await bo.context.setOffline(false);
    await settles(async () => ada.page.locator(".member.absent").count(), 0);
    await ada.showsMembers(["Ada", "Bo"]);
  });
});

test("a line that was too slow is told how many messages it missed, in their place, and offered a reload", { skip }, async () => {
  const tab = await ChatTab.open(browser, serve.url);
  let tell = (_text: string): void => assert.fail("there is no connection");
  await tab.page.routeWebSocket(/\/hub$/, (socket) => {
    socket.connectToServer();
    tell = (text) => {
      socket.send(text);
    };
  });
  await tab.page.reload();
  await tab.join("Ada", "slow");
  await tab.say("before");
  await tab.shows(["before"]);
  tell(JSON.stringify({ type: "gap", room: "slow", count: 12, position: "e.13.t" }));
  const { text, position } = await tab.notice(0);
  assert.match(text, /You missed 12 messages: your line was too slow/);
  assert.equal(position, "e.13.t");
  await tab.at("remedy").click();
  await tab.connected();
  await tab.shows(["before"]);
  assert.equal(await tab.at("notice").count(), 0);
  await tab.close();
});

test("after a reload of the page one is in the room again, and one's own words are still one's own", { skip }, async () => {
  await withTwo("reload", async (ada, bo) => {
    await ada.say("mine");
    await bo.say("yours");
    await ada.shows(["mine", "yours"]);
    await ada.page.reload();
    await ada.connected();
    await ada.shows(["mine", "yours"]);
    assert.equal(await ada.page.locator(".group.mine .message").count(), 1);
    assert.equal(new URL(ada.page.url()).hash, "#room=reload");
  });
});

test("a name or a room against the wire format's rules is refused inline and nothing connects", { skip }, async () => {
  const tab = await ChatTab.open(browser, serve.url);
  await tab.at("name").fill("语".repeat(86));
  await tab.at("room").fill("$system");
  await tab.at("enter").click();
  assert.match((await tab.at("name-error").textContent()) ?? "", /258 bytes, the limit is 255/);
  assert.match((await tab.at("room-error").textContent()) ?? "", /belong to the system/);
  assert.equal(await tab.at("entry").isVisible(), true);
  await tab.at("name").fill("Ada");
  await tab.at("room").fill("lobby");
  await tab.at("enter").click();
  await tab.connected();
  await tab.close();
});

// Last, because it takes the server from under the others.
test("a server killed with SIGKILL and started again finds its pages back by themselves, told recovered: false with a new epoch", {
  skip,
}, async () => {
  await withTwo("restart", async (ada, bo) => {
    await ada.say("before the end");
    await bo.shows(["before the end"]);
    await ada.at("developers").locator("summary").click();
    await settles(async () => (await ada.at("fact-position").textContent())?.includes("."), true);
    const before = (await ada.at("fact-position").textContent()) ?? "";
    await serve.kill();
    await Promise.all([ada.line("waiting"), bo.line("waiting")]);
    await serve.start();
    for (const tab of [ada, bo]) {
      const { recovered, position = "", text } = await tab.notice(0);
      assert.equal(recovered, "false");
      assert.match(text, /no memory of where you were[^]*Reload the page/);
      // Only this test takes a position apart: what comes before the first dot is the epoch.
      assert.notEqual(position.split(".")[0], before.split(".")[0]);
    }
    await ada.shows([]);
    await bo.say("after");
    await ada.shows(["after"]);
    await ada.showsMembers(["Ada", "Bo"]);
  });
});
