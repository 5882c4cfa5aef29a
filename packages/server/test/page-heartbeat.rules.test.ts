import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { runInNewContext } from "node:vm";
import { FaultProxy } from "@openline/testkit";
import { WebSocket } from "ws";
import { startServer } from "./server-fixture.ts";

// The scripts are written with the times that pages use, 3 to 5 s; here everybody's clock runs so much faster.
const faster = 10;

/** A page without our SDK that asks for an answer after 3 s of silence and wants it within 20 s (2 s here, for a busy machine); any loss leads to one new connection after 4 s, by a lock. */
const askingPage = (probe: string): string => `
  var ws, lock = false, opened = 0, losses = 0, messages = [];
  function connect() {
    ws = new WebSocket(url);
    ws.onopen = function () { opened++; ws.send('{"type":"connect","ref":0,"version":1,"user":"page"}'); check.reset().start(); };
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
    silence: 3000, timeout: 20000, waiting: null, answering: null,
    reset: function () { clearTimeout(this.waiting); clearTimeout(this.answering); return this; },
    start: function () {
      var self = this;
      this.waiting = setTimeout(function () {
        ws.send(${JSON.stringify(probe)});
        self.answering = setTimeout(function () { reconnect(); ws.close(); }, self.timeout);
      }, this.silence);
    }
  };
  connect();
  page.state = function () { return { opened: opened, losses: losses, messages: messages, readyState: ws.readyState }; };
`;

/** A page that listens and talks in a room, to which the application says heartbeat every 5 s. */
const listeningPage = `
  var beats = 0, echoes = [];
  var ws = new WebSocket(url);
  ws.onopen = function () {
    ws.send('{"type":"connect","ref":0,"version":1,"user":"page"}');
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

/** What the pages tell: the asking one the first three, the listening one the next two. */
interface State {
  readonly opened: number;
  readonly losses: number;
  readonly messages: readonly string[];
  readonly beats: number;
  readonly echoes: readonly string[];
  readonly readyState: number;
}

/** Runs a page's script with the browser's names: `WebSocket`, timers. */
function open(t: TestContext, script: string, url: string): { state(): State } {
  const page = {} as { state(): State };
  const timers = new Set<NodeJS.Timeout>();
  const sockets: WebSocket[] = [];
  t.after(() => {
    for (const timer of timers) clearTimeout(timer);
    for (const socket of sockets) {
      socket.removeAllListeners();
      socket.on("error", () => undefined).terminate();
    }
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
      const timer = setTimeout(callback, ms / faster);
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer: NodeJS.Timeout | undefined) => clearTimeout(timer),
  });
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
    const page = open(t, askingPage(probe), `ws://localhost:${port}/hub`);
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
  const page = open(t, askingPage("HeartBeat"), `ws://127.0.0.1:${proxy.port}/hub`);
  await until(() => page.state().messages.length > 0);
  proxy.stall("up");
  proxy.stall("down");
  await until(() => page.state().losses > 0);
  const lostAt = performance.now();
  proxy.resume("up");
  proxy.resume("down");
  await until(() => page.state().opened === 2);
  assert.ok(((performance.now() - lostAt) * faster) / 1000 >= 3.9);
  proxy.cut();
  await until(() => page.state().opened === 3);
  await new Promise((resolve) => setTimeout(resolve, 6000 / faster));
  assert.equal(page.state().opened, 3);
  assert.ok(page.state().losses >= 3, "several signs of one loss");
  assert.equal(server.hub.connectionCount, 1);
});

test("L: a page without our SDK in a room to which the application says heartbeat every 5 s gets it and its echo, and stays connected", async (t) => {
  const { port, server } = await startServer(t);
  const page = open(t, listeningPage, `ws://localhost:${port}/hub`);
  await until(() => page.state().echoes.length > 0);
  const timer = setInterval(() => void server.hub.publish("echo", { data: "heartbeat" }), 5000 / faster);
  t.after(() => clearInterval(timer));
  await until(() => page.state().beats === 3);
  assert.deepEqual([[...page.state().echoes], page.state().readyState], [["hello"], 1]);
});
