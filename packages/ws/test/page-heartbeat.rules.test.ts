import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type AskingState, askingPage, FaultProxy, PageScript, pageSpeed } from "@openline/testkit";
import type { HeartbeatOptions } from "../src/endpoint-options.ts";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { listen, textOf } from "./fixtures/pair.ts";
import { rawUpgrade } from "./fixtures/raw-client.ts";
import { until } from "./fixtures/until.ts";

/** A page that only listens and talks: it knows the text `heartbeat`. */
const listeningPage = `
  var beats = 0, echoes = [];
  var ws = new WebSocket(url);
  ws.onopen = function () { ws.send("hello"); };
  ws.onmessage = function (event) {
    if (event.data === "heartbeat") beats++;
    else echoes.push(event.data);
  };
  page.state = function () { return { beats: beats, echoes: echoes, readyState: ws.readyState }; };
`;

/** Runs a page's script until the test ends. */
function open<State = AskingState>(t: TestContext, script: string, url: string): PageScript<State> {
  const page = new PageScript<State>(script, url, WebSocket);
  t.after(() => page.close());
  return page;
}

/** The server of the example: it pushes `heartbeat` every 5 s and echoes. Answers what reached the application. */
async function serve(
  t: TestContext,
  more: Partial<HeartbeatOptions> = {},
): Promise<{ server: WebSocketServer; port: number; url: string; seen: string[] }> {
  const seen: string[] = [];
  const heartbeat: HeartbeatOptions = {
    mode: "text",
    intervalMs: 5000 / pageSpeed,
    timeoutMs: 20_000 / pageSpeed,
    text: "heartbeat",
    ...more,
  };
  const listening = await listen(t, { heartbeat });
  listening.server.on("connection", (socket) => {
    socket.on("message", (data) => {
      seen.push(textOf(data));
      socket.send(textOf(data));
    });
  });
  return { ...listening, seen };
}

// At once, as all that they do is wait.
describe("heartbeats of pages without our SDK", { concurrency: true }, () => {
  test("L: a page without our SDK gets the text heartbeat every 5 s and its echo, and stays connected though it says nothing more", async (t) => {
    const { url } = await serve(t);
    const page = open<{ beats: number; echoes: string[]; readyState: number }>(t, listeningPage, url);
    const start = performance.now();
    await until(() => page.state().beats === 5);
    const seconds = ((performance.now() - start) * pageSpeed) / 1000;
    assert.ok(seconds > 24 && seconds < 240, `five heartbeats in ${seconds} s`);
    assert.deepEqual([...page.state().echoes], ["hello"]);
    assert.equal(page.state().readyState, 1);
  });

  for (const probe of ["HeartBeat", "123456789"]) {
    test(`L: a page that sends ${probe} is answered in time, the application never sees it, and nothing reconnects`, async (t) => {
      const { url, seen } = await serve(t, { intervalMs: 60_000, timeoutMs: 60_000, probes: ["HeartBeat", "123456789"] });
      const page = open(t, askingPage(probe), url);
      await until(() => page.state().messages.length >= 5);
      assert.deepEqual(new Set(page.state().messages), new Set(["heartbeat"]));
      assert.deepEqual([page.state().opened, page.state().losses], [1, 0]);
      assert.deepEqual(seen, []);
    });
  }

  test("L: the server's own pushes count as answers: the page sees life and never asks", async (t) => {
    const { url, seen } = await serve(t, { intervalMs: 2000 / pageSpeed, timeoutMs: 60_000 });
    const page = open(t, askingPage("HeartBeat", { silenceMs: 30_000 }), url);
    await until(() => page.state().messages.length >= 20);
    assert.deepEqual([page.state().opened, page.state().losses], [1, 0]);
    assert.deepEqual(seen, []);
  });

  test("L: without probes in the option the application answers by its echo, as in the example", async (t) => {
    const { url, seen } = await serve(t, { intervalMs: 60_000, timeoutMs: 60_000 });
    const page = open(t, askingPage("123456789"), url);
    await until(() => page.state().messages.length >= 3);
    assert.deepEqual(new Set(seen), new Set(["123456789"]));
    assert.equal(page.state().losses, 0);
  });

  test("L: a connection that is cut is made anew after 4 s, once", async (t) => {
    const { server, url } = await serve(t, { probes: "HeartBeat" });
    const page = open(t, askingPage("HeartBeat"), url);
    await until(() => page.state().opened === 1);
    const start = performance.now();
    for (const socket of server.clients) socket.terminate();
    await until(() => page.state().opened === 2);
    assert.ok(((performance.now() - start) * pageSpeed) / 1000 >= 3.9);
    await new Promise((resolve) => setTimeout(resolve, 6000 / pageSpeed));
    assert.equal(page.state().opened, 2);
    assert.equal(server.clients.size, 1);
  });

  test("L: a line that swallows everything is given up by both sides within their time-outs; error, close and time-out make one new connection", async (t) => {
    const { server, port } = await serve(t, { probes: "HeartBeat" });
    const proxy = await FaultProxy.start(port);
    t.after(async () => proxy.stop());
    const page = open(t, askingPage("HeartBeat"), `ws://127.0.0.1:${proxy.port}`);
    await until(() => page.state().opened === 1);
    const [first] = server.clients;
    proxy.stall("up");
    proxy.stall("down");
    await until(() => first?.readyState === 3);
    assert.match(String(first?.cause), /Nothing was heard/);
    await until(() => page.state().losses > 0);
    proxy.resume("up");
    proxy.resume("down");
    await until(() => page.state().opened === 2);
    await new Promise((resolve) => setTimeout(resolve, 6000 / pageSpeed));
    assert.equal(page.state().opened, 2);
    assert.ok(page.state().losses >= 2, "several signs of one loss");
  });

  test("L: a peer that answers neither pings nor texts is dropped after the time-out (R10)", async (t) => {
    const { server, port } = await serve(t);
    const raw = await rawUpgrade(t, port);
    raw.resume();
    await until(() => server.clients.size === 1);
    await until(() => server.clients.size === 0);
  });

  test("heartbeats of either side do not count against the idle time", async (t) => {
    const { server, url } = await listen(t, {
      heartbeat: { mode: "text", intervalMs: 20, timeoutMs: 1000, probes: "HeartBeat" },
      idleTimeoutMs: 200,
    });
    const end = new Promise((resolve) => {
      server.on("connection", (socket) => socket.on("close", (code) => resolve([code, socket.cause?.message])));
    });
    open(t, askingPage("HeartBeat"), url);
    assert.deepEqual(await end, [1001, "No message went either way for 200 ms"]);
  });

  test("the round trip is measured in mode text too: each text goes with a ping", async (t) => {
    const { server, url } = await serve(t);
    open(t, listeningPage, url);
    await until(() => [...server.clients][0]?.roundTripMs !== undefined);
  });

  test("text, probes and reply belong to the mode text: the mistake is named when the endpoint is made", () => {
    for (const [name, value] of Object.entries({ text: "x", probes: "x", reply: "x" })) {
      const heartbeat = { intervalMs: 10, timeoutMs: 10, [name]: value };
      const message = new RegExp(`${name} is for the mode "text"`);
      assert.throws(() => new WebSocketServer({ noServer: true, heartbeat }), message);
      assert.throws(() => new WebSocket("ws://localhost:1", { heartbeat }), message);
    }
  });
});
