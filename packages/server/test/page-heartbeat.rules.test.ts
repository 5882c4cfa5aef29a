import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type AskingState, askingPage, FaultProxy, PageScript, pageSpeed } from "@openline/testkit";
import { WebSocket } from "ws";
import { startServer } from "./server-fixture.ts";

const hello = '{"type":"connect","ref":0,"version":1,"user":"page"}';

/** A page that listens and talks in a room, to which the application says heartbeat every 5 s. */
const listeningPage = `
  var beats = 0, echoes = [];
  var ws = new WebSocket(url);
  ws.onopen = function () {
    ws.send('${hello}');
    ws.send('{"type":"join","ref":1,"room":"echo"}');
    ws.send('{"type":"publish","ref":2,"room":"echo","data":"hello"}');
  };
  ws.onmessage = function (event) {
    var message = JSON.parse(event.data);
    if (message.type !== "message") return;
    if (message.data === "heartbeat") beats++;
    else echoes.push(message.data);
  };
  page.state = function () { return { beats: beats, echoes: echoes, readyState: ws.readyState }; };
`;

/** Runs a page's script until the test ends. */
function open<State = AskingState>(t: TestContext, script: string, url: string): PageScript<State> {
  const page = new PageScript<State>(script, url, WebSocket);
  t.after(() => page.close());
  return page;
}

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 30_000; !holds(); ) {
    assert.ok(Date.now() < deadline, "it does not come to that");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

for (const probe of ["HeartBeat", "123456789"]) {
  test(`L: a page without our SDK that sends ${probe} to the hub is answered in time each time, and nothing reconnects`, async (t) => {
    const { port } = await startServer(t);
    const page = open(t, askingPage(probe, { hello }), `ws://localhost:${port}/hub`);
    await until(() => page.state().messages.length >= 6);
    const [first, ...rest] = page.state().messages.map((text) => (JSON.parse(text) as { type: string }).type);
    assert.deepEqual([first, new Set(rest)], ["connected", new Set(["error"])]);
    assert.deepEqual([page.state().opened, page.state().losses], [1, 0]);
  });
}

test("L: against the hub a line that swallows everything, and one that is cut, each lead to one new connection after 4 s, whatever signs of the loss come together", async (t) => {
  const { port, server } = await startServer(t);
  const proxy = await FaultProxy.start(port);
  t.after(async () => await proxy.stop());
  const page = open(t, askingPage("HeartBeat", { hello }), `ws://127.0.0.1:${proxy.port}/hub`);
  await until(() => page.state().messages.length > 0);
  proxy.stall("up");
  proxy.stall("down");
  await until(() => page.state().losses > 0);
  const lostAt = performance.now();
  proxy.resume("up");
  proxy.resume("down");
  await until(() => page.state().opened === 2);
  assert.ok(((performance.now() - lostAt) * pageSpeed) / 1000 >= 3.9);
  proxy.cut();
  await until(() => page.state().opened === 3);
  await new Promise((resolve) => setTimeout(resolve, 6000 / pageSpeed));
  assert.equal(page.state().opened, 3);
  assert.ok(page.state().losses >= 3, "several signs of one loss");
  assert.equal(server.hub.connectionCount, 1);
});

test("L: a page without our SDK in a room to which the application says heartbeat every 5 s gets it and its echo, and stays connected", async (t) => {
  const { port, server } = await startServer(t);
  const page = open<{ beats: number; echoes: readonly string[]; readyState: number }>(t, listeningPage, `ws://localhost:${port}/hub`);
  await until(() => page.state().echoes.length > 0);
  const timer = setInterval(() => void server.hub.publish("echo", { data: "heartbeat" }), 5000 / pageSpeed);
  t.after(() => clearInterval(timer));
  await until(() => page.state().beats === 3);
  assert.deepEqual([[...page.state().echoes], page.state().readyState], [["hello"], 1]);
});
