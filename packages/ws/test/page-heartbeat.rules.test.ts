import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { runInNewContext } from "node:vm";
import { FaultProxy } from "@openline/testkit";
import type { HeartbeatOptions } from "../src/endpoint-options.ts";
import { WebSocket } from "../src/websocket.ts";
import { WebSocketServer } from "../src/websocket-server.ts";
import { listen, textOf } from "./fixtures/pair.ts";
import { rawUpgrade } from "./fixtures/raw-client.ts";
import { until } from "./fixtures/until.ts";

// The scripts are written with the times that pages use, 3 to 5 s; here everybody's clock runs so much faster. A page then waits 0.6 s for an answer, and a busy
// machine has it by then.
const FASTER = 5;

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

/**
 * A page that wants an answer: a probe after 3 s of silence, any message within 3 s more, or it closes; any loss leads to one new connection after 4 s,
 * with a lock, because error, close and time-out may all come.
 */
const askingPage = (probe: string): string => `
  var ws, lock = false, opened = 0, losses = 0, messages = [];
  function connect() {
    try { ws = new WebSocket(url); } catch (error) { return reconnect(); }
    ws.onopen = function () { opened++; check.reset().start(); };
    ws.onmessage = function (event) { messages.push(event.data); check.reset().start(); };
    ws.onclose = function () { reconnect(); };
    ws.onerror = function () { reconnect(); };
  }
  function reconnect() {
    losses++;
    if (lock) return;
    lock = true;
    check.reset();
    setTimeout(function () { connect(); lock = false; }, 4000);
  }
  var check = {
    timeout: 3000, waiting: null, answering: null,
    reset: function () { clearTimeout(this.waiting); clearTimeout(this.answering); return this; },
    start: function () {
      var self = this;
      this.waiting = setTimeout(function () {
        ws.send(${JSON.stringify(probe)});
        self.answering = setTimeout(function () { reconnect(); ws.close(); }, self.timeout);
      }, this.timeout);
    }
  };
  connect();
  page.state = function () { return { opened: opened, losses: losses, messages: messages, readyState: ws.readyState }; };
`;

interface Page<State> {
  state(): State;
}

interface Asking {
  readonly opened: number;
  readonly losses: number;
  readonly messages: readonly string[];
  readonly readyState: number;
}

/** Runs a page's script with the browser's names: `WebSocket`, timers. */
function open<State>(t: TestContext, script: string, url: string): Page<State> {
  const page = {} as Page<State>;
  const timers = new Set<NodeJS.Timeout>();
  const sockets: WebSocket[] = [];
  let isGone = false;
  t.after(() => {
    isGone = true;
    for (const timer of timers) clearTimeout(timer);
    for (const socket of sockets) socket.terminate();
  });
  class PageSocket extends WebSocket {
    constructor(address: string) {
      super(address);
      sockets.push(this);
      // In a page nobody has to listen for errors.
      this.on("error", () => undefined);
    }
  }
  runInNewContext(script, {
    url,
    page,
    WebSocket: PageSocket,
    setTimeout: (callback: () => void, ms: number) => {
      const timer = setTimeout(() => {
        if (!isGone) callback();
      }, ms / FASTER);
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer: ReturnType<typeof setTimeout> | undefined) => clearTimeout(timer),
  });
  return page;
}

/** The server of the example: it pushes `heartbeat` every 5 s and echoes. Answers what reached the application. */
async function serve(
  t: TestContext,
  more: Partial<HeartbeatOptions> = {},
): Promise<{ server: WebSocketServer; port: number; url: string; seen: string[] }> {
  const seen: string[] = [];
  const heartbeat: HeartbeatOptions = { mode: "text", intervalMs: 5000 / FASTER, timeoutMs: 4000 / FASTER, text: "heartbeat", ...more };
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
    const seconds = ((performance.now() - start) * FASTER) / 1000;
    assert.ok(seconds > 24 && seconds < 60, `five heartbeats in ${seconds} s`);
    assert.deepEqual([...page.state().echoes], ["hello"]);
    assert.equal(page.state().readyState, 1);
  });

  for (const probe of ["HeartBeat", "123456789"]) {
    test(`L: a page that sends ${probe} is answered in time, the application never sees it, and nothing reconnects`, async (t) => {
      const { url, seen } = await serve(t, { intervalMs: 60_000, timeoutMs: 60_000, probes: ["HeartBeat", "123456789"] });
      const page = open<Asking>(t, askingPage(probe), url);
      await until(() => page.state().messages.length >= 5);
      assert.deepEqual(new Set(page.state().messages), new Set(["heartbeat"]));
      assert.deepEqual([page.state().opened, page.state().losses], [1, 0]);
      assert.deepEqual(seen, []);
    });
  }

  test("L: the server's own pushes count as answers: the page sees life and never asks", async (t) => {
    const { url, seen } = await serve(t, { intervalMs: 2000 / FASTER, timeoutMs: 60_000 });
    const page = open<Asking>(t, askingPage("HeartBeat"), url);
    await until(() => page.state().messages.length >= 6);
    assert.deepEqual([page.state().opened, page.state().losses], [1, 0]);
    assert.deepEqual(seen, []);
  });

  test("L: without probes in the option the application answers by its echo, as in the example", async (t) => {
    const { url, seen } = await serve(t, { intervalMs: 60_000, timeoutMs: 60_000 });
    const page = open<Asking>(t, askingPage("123456789"), url);
    await until(() => page.state().messages.length >= 3);
    assert.deepEqual(new Set(seen), new Set(["123456789"]));
    assert.equal(page.state().losses, 0);
  });

  test("L: a connection that is cut is made anew after 4 s, once", async (t) => {
    const { server, url } = await serve(t, { probes: "HeartBeat" });
    const page = open<Asking>(t, askingPage("HeartBeat"), url);
    await until(() => page.state().opened === 1);
    const start = performance.now();
    for (const socket of server.clients) socket.terminate();
    await until(() => page.state().opened === 2);
    assert.ok(((performance.now() - start) * FASTER) / 1000 >= 3.9);
    await new Promise((resolve) => setTimeout(resolve, 6000 / FASTER));
    assert.equal(page.state().opened, 2);
    assert.equal(server.clients.size, 1);
  });

  test("L: a line that swallows everything is given up by both sides within their time-outs; error, close and time-out make one new connection", async (t) => {
    const { server, port } = await serve(t, { probes: "HeartBeat" });
    const proxy = await FaultProxy.start(port);
    t.after(async () => proxy.stop());
    const page = open<Asking>(t, askingPage("HeartBeat"), `ws://127.0.0.1:${proxy.port}`);
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
    await new Promise((resolve) => setTimeout(resolve, 6000 / FASTER));
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
